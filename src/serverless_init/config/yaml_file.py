"""What ``datadog.yaml`` says: the keys that are ours, flat and dotted, and the others' names.

Its scalars are text, as in the environment: ``version: 1.10`` is no number and ``env: no`` no
boolean. Each setting's parser knows better. Imported only when there is such a file.
"""

from collections.abc import Mapping

from serverless_init.config.components import COMPONENTS

_KEYS = frozenset(s.yaml for component in COMPONENTS for s in component.fields.values())
_GROUPS = frozenset(
    key[:end] for key in _KEYS for end in range(len(key)) if key.startswith(".", end)
)
_NOTHING = ("", "~", "null")


class YamlFile:
    """The keys of ours with their raw values, the names of the other keys, and what was wrong."""

    __slots__ = ("keys", "path", "problems", "unknown_keys")

    def __init__(self, path: str) -> None:
        self.path = path
        self.keys: dict[str, object] = {}
        self.unknown_keys: list[str] = []
        self.problems: list[str] = []

    def take(self, mapping: Mapping[str, object], prefix: str = "") -> None:
        """Sort the keys of a mapping, which may be nested or dotted. An empty value sets nothing.

        It descends only where a key of ours lies below.
        """
        for key, value in mapping.items():
            name = prefix + key
            if name in _KEYS:
                if name in self.keys:
                    self.complain(f"{name} is set twice; the last one counts")
                if value not in _NOTHING:
                    self.keys[name] = value
            elif name not in _GROUPS:
                self.unknown_keys.append(name)
            elif isinstance(value, dict):
                self.take(value, name + ".")
            elif value not in _NOTHING:
                self.complain(f"{name} must be a mapping; it is ignored")

    def complain(self, what: str) -> None:
        """Record a problem of this file."""
        self.problems.append(f"{self.path}: {what}")


def read_yaml(text: str, path: str) -> YamlFile:
    """Read the text of a file. What is wrong with it is in its `problems`; nothing is raised."""
    file = YamlFile(path)
    try:
        import yaml
    except ImportError:
        file.complain("PyYAML is not installed; the file is ignored")
        return file
    try:
        # This loader builds text, lists and mappings and nothing else: none is safer.
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        file.complain(f"{_what_and_where(error)}; the file is ignored")
    except RecursionError:
        file.complain("nested too deeply; the file is ignored")
    except (ValueError, OverflowError) as error:
        # An escape beyond Unicode; the scanner lets Python's own error through.
        file.complain(f"{_what_and_where(error)}; the file is ignored")
    else:
        if isinstance(document, dict):
            file.take(document)
        elif document is not None and document not in _NOTHING:
            file.complain("must hold a mapping of keys to values; the file is ignored")
    return file


def _what_and_where(error: Exception) -> str:
    """A YAML error in one line, its line and column counted from 1."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return " ".join(f"{place}{what}".split())
