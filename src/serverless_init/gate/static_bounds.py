"""The bounds of the static gates: a YAML file in the tree, so that raising one is a change."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from serverless_init.gate.programs import CannotMeasure

_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(B|KiB|MiB)")


@dataclass(frozen=True, slots=True)
class SizeBounds:
    """Bytes that something may have at most, and by how many it may exceed the base's."""

    disk_max: int
    wire_max: int
    disk_growth_max: int
    wire_growth_max: int


@dataclass(frozen=True, slots=True)
class InventoryBounds:
    """The largest file allowed, and the endings of names that our own files may have."""

    file_max: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """An entry point: `module` is imported, and `function` of it called if one is named."""

    name: str
    module: str
    function: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    modules_max: int


@dataclass(frozen=True, slots=True)
class CoverageBounds:
    """Which tests must execute how much of what a change touches below `sources`."""

    patch_percent_min: int
    sources: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaticBounds:
    """All of the file."""

    wheel: SizeBounds
    closure: SizeBounds
    inventory: InventoryBounds
    imports: tuple[ImportTarget, ...]
    coverage: CoverageBounds


def load(path: str) -> StaticBounds:
    """The bounds in the file `path`. Raises `CannotMeasure`, naming the line's place, for any
    that is missing, unknown or not of its kind."""
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            whole = yaml.safe_load(file)
    except OSError as error:
        raise CannotMeasure(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotMeasure(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    return _bounds(_Section(path, whole))


def _bounds(file: "_Section") -> StaticBounds:
    inventory, coverage = file.section("inventory"), file.section("coverage")
    bounds = StaticBounds(
        wheel=_sizes(file.section("wheel")),
        closure=_sizes(file.section("closure")),
        inventory=InventoryBounds(inventory.bytes("file_max"), inventory.words("kinds")),
        imports=tuple(_target(entry) for entry in file.sections("imports")),
        coverage=CoverageBounds(
            coverage.number("patch_percent_min"), coverage.words("sources"), coverage.words("tests")
        ),
    )
    for section in (inventory, coverage, file):
        section.refuse_the_rest()
    return bounds


def _sizes(section: "_Section") -> SizeBounds:
    sizes = SizeBounds(
        disk_max=section.bytes("disk_max"),
        wire_max=section.bytes("wire_max"),
        disk_growth_max=section.bytes("disk_growth_max"),
        wire_growth_max=section.bytes("wire_growth_max"),
    )
    section.refuse_the_rest()
    return sizes


def _target(section: "_Section") -> ImportTarget:
    environment = section.section("environment") if section.has("environment") else None
    target = ImportTarget(
        name=section.word("name"),
        module=section.word("module"),
        function=section.word("function") if section.has("function") else "",
        arguments=section.words("arguments") if section.has("arguments") else (),
        environment=environment.all_words() if environment else {},
        modules_max=section.number("modules_max"),
    )
    section.refuse_the_rest()
    return target


@dataclass(slots=True)
class _Section:
    """A mapping of the file, each key of which must be asked for."""

    place: str
    content: object
    asked: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        return isinstance(self.content, dict) and key in self.content

    def section(self, key: str) -> "_Section":
        return _Section(f"{self.place}: {key}", self._value(key, dict, "a mapping"))

    def sections(self, key: str) -> list["_Section"]:
        entries: Sequence[object] = self._value(key, list, "a list")
        return [_Section(f"{self.place}: {key}[{n}]", entry) for n, entry in enumerate(entries)]

    def word(self, key: str) -> str:
        word: str = self._value(key, str, "a string")
        return word

    def words(self, key: str) -> tuple[str, ...]:
        return tuple(str(word) for word in self._value(key, list, "a list"))

    def all_words(self) -> dict[str, str]:
        return {key: self.word(key) for key in self._mapping()}

    def number(self, key: str) -> int:
        number: int = self._value(key, int, "a whole number")
        return number

    def bytes(self, key: str) -> int:
        found = _SIZE.fullmatch(self.word(key))
        if not found:
            raise CannotMeasure(f"{self.place}: {key} must be a size such as 64 KiB")
        return round(float(found[1]) * _UNITS[found[2]])

    def refuse_the_rest(self) -> None:
        unknown = sorted(map(str, self._mapping().keys() - self.asked))
        if unknown:
            raise CannotMeasure(f"{self.place}: unknown: {', '.join(unknown)}")

    def _value(self, key: str, kind: type, called: str) -> Any:
        self.asked.add(key)
        mapping = self._mapping()
        if key not in mapping:
            raise CannotMeasure(f"{self.place}: {key} is missing")
        if not isinstance(mapping[key], kind):
            raise CannotMeasure(f"{self.place}: {key} must be {called}")
        return mapping[key]

    def _mapping(self) -> dict[str, object]:
        if not isinstance(self.content, dict):
            raise CannotMeasure(f"{self.place} must be a mapping")
        return self.content
