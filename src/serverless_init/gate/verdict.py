"""What a static gate is given, and what it answers."""

from dataclasses import dataclass

from serverless_init.gate.wheel import Wheel


@dataclass(frozen=True, slots=True)
class Pair:
    """The wheel of the working tree, and that of the base revision if there is one."""

    now: Wheel
    base: Wheel | None


@dataclass(frozen=True, slots=True)
class Report:
    """A gate's answer: Markdown lines below a heading, and a line for each bound it breaks."""

    heading: str
    lines: tuple[str, ...]
    failures: tuple[str, ...] = ()


def change(now: int, base: int | None) -> str:
    """The difference as a table shows it; ``-`` without a base."""
    if base is None:
        return "-"
    return f"{now - base:+,}" if now != base else "0"
