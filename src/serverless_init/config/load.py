"""From the environment and ``datadog.yaml`` to settings.

Precedence, strongest first: environment, ``datadog.yaml``, the defaults of the mode or platform,
the declared default. A value that its setting cannot have is a problem, never an error: it is named
in one line and the next weaker source is used. An empty variable or key sets nothing, as with the
Datadog Agent; an empty variable also keeps the mode's default away, as with the original, which
writes that default into the environment only where the variable is absent.

Imported before the app has started: see `serverless_init.config.declare`. What only a file or a
mistake needs is imported when there is one, and a component's settings are read when they are asked
for.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeVar

    from serverless_init.config.declare import Setting, Settings
    from serverless_init.config.yaml_file import YamlFile

    S = TypeVar("S", bound=Settings)

# Where the file is looked for; the first one that exists is read.
CONFIGURATION_FILES = ("datadog.yaml", "/etc/datadog-agent/datadog.yaml")

_SHOWN_MAX = 60


def load(
    environ: "Mapping[str, str]",
    *,
    yaml_text: str | None = None,
    yaml_path: str = "datadog.yaml",
    mode: "Mapping[str, object] | None" = None,
    whole: bool = True,
) -> "Configuration":
    """The settings of a run. Never raises for what an operator wrote.

    `yaml_text` is what the file at `yaml_path` holds, ``None`` when there is none. `mode` holds the
    defaults of the mode or the platform by `Setting.yaml`. What is not `whole` reads components as
    they are asked for.
    """
    file: YamlFile | None = None
    if yaml_text:
        from serverless_init.config.yaml_file import read_yaml

        file = read_yaml(yaml_text, yaml_path)
    configuration = Configuration(dict(environ), file=file, mode=mode or {})
    if whole:
        configuration.read_all()
    return configuration


class Configuration:
    """Every setting's value and where it came from, and what was wrong on the way.

    `problems` are for the operator to mend, one line each: values that are not used, a file that is
    not read. They are known of the components that have been read.
    """

    __slots__ = ("_environ", "_file", "_mode", "_sources", "_values", "problems")

    def __init__(
        self,
        environ: dict[str, str],
        *,
        file: "YamlFile | None",
        mode: "Mapping[str, object]",
    ) -> None:
        self.problems = list(file.problems) if file else []
        self._environ = environ
        self._file = file
        self._mode = mode
        self._values: dict[str, object] = {}
        self._sources: dict[str, str] = {}

    def read_all(self) -> None:
        """Read every component that has not been read; it takes a millisecond or two."""
        from serverless_init.config.components import COMPONENTS

        self._read(COMPONENTS)

    def of(self, component: "type[S]") -> "S":
        """A component's settings."""
        self._read((component,))
        return component(**{k: self._values[s.yaml] for k, s in component.fields.items()})

    def source(self, declared: "Setting") -> str:
        """``environment DD_X``, ``datadog.yaml``, ``mode`` or ``default``. It has been read."""
        return self._sources[declared.yaml]

    def shown(self, declared: "Setting") -> str:
        """A setting's value, once read, as a person may read it; see `shown`."""
        return shown(declared, self._values[declared.yaml])

    def unknown(self) -> tuple[list[str], list[str]]:
        """A line for each name that is nobody's: those close to a setting's name, and the others.

        The first are most likely misspelt and worth a warning; the second are worth a remark. It
        takes up to a millisecond a name, so ask when the app is running.
        """
        from serverless_init.config.unknown import unknown_keys, unknown_variables

        misspelt, others = unknown_variables(tuple(self._environ))
        if self._file:
            more_misspelt, more_others = unknown_keys(self._file.unknown_keys, self._file.path)
            return misspelt + more_misspelt, others + more_others
        return misspelt, others

    def _read(self, components: "Iterable[type[Settings]]") -> None:
        for component in components:
            for declared in component.fields.values():
                if declared.yaml not in self._values:
                    found = _candidates(declared, self._environ, self._file, self._mode)
                    value, source = _strongest(declared, found, self.problems)
                    self._values[declared.yaml], self._sources[declared.yaml] = value, source


def shown(declared: "Setting", value: object) -> str:
    """A value of a setting in the form in which it may be written in the environment.

    A secret is masked. What cannot be printed is escaped.
    """
    if declared.parse.show:
        return declared.parse.show(value)
    if declared.secret:
        return masked(str(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    word = "" if value is None else str(value)
    return word if word.isprintable() else repr(word)


def masked(secret: str) -> str:
    """What may be shown of a secret: four characters, when that leaves enough unknown."""
    ending = secret[-4:]
    if len(secret) < 16 or not (ending.isascii() and ending.isprintable()):
        return "***" * bool(secret)
    return f"***{ending}"


def _strongest(
    declared: "Setting", found: "Iterator[tuple[str, str, object]]", problems: list[str]
) -> tuple[object, str]:
    """(value, source): the first of `found` that the setting can have, else its default.

    A line for each one before it that it cannot have is added to `problems`.
    """
    value, source = declared.default, "default"
    refused = []
    for candidate, name, raw in found:
        try:
            value, source = declared.parse(raw), candidate
            break
        except ValueError as why:
            refused.append(f"{name}={_quoted(declared, raw)} {why}")
    if refused:
        instead = f"using {shown(declared, value) or 'nothing'} ({source})"
        problems += [f"{line}; {instead}" for line in refused]
    return value, source


def _candidates(
    declared: "Setting",
    environ: "Mapping[str, str]",
    file: "YamlFile | None",
    mode: "Mapping[str, object]",
) -> "Iterator[tuple[str, str, object]]":
    """(source, name, raw value) for each source that has a value, strongest first."""
    key = declared.yaml
    present = [v for v in (declared.env, *declared.aliases) if v in environ]
    for variable in present:
        if environ[variable].strip():
            yield f"environment {variable}", variable, environ[variable]
    if file and key in file.keys:
        yield "datadog.yaml", f"{file.path}: {key}", file.keys[key]
    if key in mode and not present:
        yield "mode", key, mode[key]


def _quoted(declared: "Setting", raw: object) -> str:
    """What was written, quoted, so that white space is seen, and cut; a secret masked."""
    if declared.secret:
        # What cannot be read cannot be told from the secret in it, unless all of it is the secret.
        return "***" if declared.parse.show else masked(str(raw).strip())
    word = repr(raw)
    return word if len(word) <= _SHOWN_MAX else word[: _SHOWN_MAX - 3] + "..."
