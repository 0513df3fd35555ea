"""The size gate: our wheel, and all that an installation of it brings.

*On disk* is the sum of the files' bytes, without the bytecode that an installation compiles. *On
the wire* is what is downloaded: our wheel's own size; a dependency, which is already installed,
is packed again as wheels are. The dependencies are measured as installed here, for both
revisions: what differs is which of them each revision asks for.
"""

import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from serverless_init.gate.markdown import table
from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.static_bounds import SizeBounds
from serverless_init.gate.verdict import Pair, Report, change
from serverless_init.gate.wheel import Wheel

_OWN = "wheel"
_HEAD = ("", "disk", "change", "max", "wire", "change", "max")


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes unpacked and bytes to download."""

    disk: int = 0
    wire: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(self.disk + other.disk, self.wire + other.wire)


@dataclass(frozen=True, slots=True)
class Part:
    """Something measured at both revisions; `base` is None when there is no base revision."""

    name: str
    now: Size
    base: Size | None
    bounds: SizeBounds | None = None

    def row(self) -> tuple[str, ...]:
        """A row of the table."""
        base, bounds = self.base, self.bounds
        return (
            self.name,
            f"{self.now.disk:,}",
            change(self.now.disk, base.disk if base else None),
            f"{bounds.disk_max:,}" if bounds else "",
            f"{self.now.wire:,}",
            change(self.now.wire, base.wire if base else None),
            f"{bounds.wire_max:,}" if bounds else "",
        )

    def failures(self) -> Iterator[str]:
        """A line for each bound that is broken."""
        if not self.bounds:
            return
        base = self.base or self.now
        for where, now, then, now_max, growth_max in (
            (
                "on disk",
                self.now.disk,
                base.disk,
                self.bounds.disk_max,
                self.bounds.disk_growth_max,
            ),
            (
                "on the wire",
                self.now.wire,
                base.wire,
                self.bounds.wire_max,
                self.bounds.wire_growth_max,
            ),
        ):
            if now > now_max:
                yield f"{self.name}: {now:,} bytes {where}, at most {now_max:,} are allowed"
            if now - then > growth_max:
                yield f"{self.name}: {now - then:,} bytes more {where}, {growth_max:,} are allowed"


def judge(pair: Pair, wheel: SizeBounds, closure: SizeBounds) -> Report:
    """Compare the wheel, each dependency and the sum of all with the base's and their bounds."""
    now = _closure(pair.now)
    base = _closure(pair.base) if pair.base else None
    parts = [
        Part(name, now.get(name, Size()), base.get(name, Size()) if base else None)
        for name in sorted({*now, *(base or ())} - {_OWN})
    ]
    parts.insert(0, Part(_OWN, now[_OWN], base[_OWN] if base else None, wheel))
    parts.append(Part("closure", _sum(now), _sum(base) if base else None, closure))
    rows = [part.row() for part in parts]
    failures = [line for part in parts for line in part.failures()]
    return Report("Size in bytes", tuple(table(_HEAD, rows, "<>>>>>>")), tuple(failures))


def _sum(sizes: Mapping[str, Size]) -> Size:
    return sum(sizes.values(), Size())


def _closure(wheel: Wheel) -> dict[str, Size]:
    """The wheel and, in alphabetical order, whatever it needs without any of its extras."""
    needed = _needed(wheel.requires)
    found = {_OWN: Size(wheel.disk_bytes, wheel.wire_bytes)}
    return found | {name: _installed(needed[name]) for name in sorted(needed)}


def _needed(requires: Iterable[str]) -> dict[str, Distribution]:
    """Every distribution that these requirements lead to, by name."""
    found = dict[str, Distribution]()
    waiting = list(requires)
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError as error:
            raise CannotMeasure(f"the dependency {name} is not installed here") from error
        waiting += found[name].requires or []
    return found


def _installed(dependency: Distribution) -> Size:
    """What the distribution's wheel holds; scripts that pip wrote elsewhere are not of it."""
    packed, disk = io.BytesIO(), 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in dependency.files or ():
            if file.parts[0] == ".." or "__pycache__" in file.parts:
                continue
            path = str(file.locate())
            archive.write(path, str(file))
            disk += os.path.getsize(path)
    return Size(disk, packed.getbuffer().nbytes)
