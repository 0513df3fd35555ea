"""Text that fits a terminal: cut, aligned, and coloured only when asked for.

Everything that came over the network passes `Style.plain` first: what a client puts into a name or
a title must not reach the terminal as a control sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

WIDTH_MIN, WIDTH_MAX = 60, 1_000

_SIZES = ("kB", "MB", "GB")


class Paint(Enum):
    """What a piece of text is, as the terminal's code for it."""

    NORMAL = ""
    TITLE = "1"
    FAINT = "2"
    GOOD = "32"
    WARNING = "33"
    BAD = "31"


@dataclass(frozen=True, slots=True)
class Style:
    """How to print: the terminal's width in columns, whether it has colours and more than ASCII."""

    width: int = 100
    colour: bool = False
    unicode: bool = True

    @property
    def columns(self) -> int:
        """The width within reason."""
        return min(max(self.width, WIDTH_MIN), WIDTH_MAX)

    @property
    def times(self) -> str:
        """The multiplication sign."""
        return "×" if self.unicode else "x"  # noqa: RUF001  it is meant

    @property
    def ellipsis(self) -> str:
        """What stands for what was cut off."""
        return "…" if self.unicode else "..."

    def plain(self, text: str) -> str:
        """`text` on one line, with nothing in it that a terminal would act on."""
        if text.isascii() and text.isprintable():
            return text
        return "".join(self._plain(character) for character in text)

    def cut(self, text: str, columns: int) -> str:
        """The start of `text`, marked when something is missing."""
        if len(text) <= columns:
            return text
        return text[: max(0, columns - len(self.ellipsis))] + self.ellipsis

    def paint(self, text: str, paint: Paint) -> str:
        """`text` in colour; blank text and normal text stay as they are."""
        if not self.colour or paint is Paint.NORMAL or not text.strip():
            return text
        return f"\x1b[{paint.value}m{text}\x1b[0m"

    def tags(self, tags: Sequence[str], columns: int) -> str:
        """As many whole tags as fit, and how many more there are; the first one may be cut."""
        shown = [self.plain(tag) for tag in tags]
        for kept in range(len(shown), 0, -1):
            more = f" +{len(shown) - kept}" if kept < len(shown) else ""
            text = " ".join(shown[:kept])
            if len(text) + len(more) <= columns:
                return text + more
            if kept == 1:
                return self.cut(text, columns - len(more)) + more
        return ""

    def _plain(self, character: str) -> str:
        if character.isspace():
            return " "
        known = self.unicode or character.isascii()
        return character if known and character.isprintable() else "?"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a label, a fainter remark behind it, and the cells of the columns."""

    label: str
    remark: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    tail: str = ""
    paint: Paint = Paint.NORMAL


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table. Cells are right-aligned in columns of `widths`; the label takes the rest.

    `tail` is the width of a last, left-aligned column without a title.
    """

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[Row, ...]
    tail: int = 0

    def render(self, style: Style) -> list[str]:
        """The table's lines, after a blank one."""
        room = style.columns - sum(self.widths) - (self.tail + 2 if self.tail else 0)
        heads = "".join(f"{name:>{width}}" for name, width in self._cells(self.columns))
        title = style.paint(self.title, Paint.TITLE) + " " * max(0, room - len(self.title))
        lines = ["", (title + style.paint(heads, Paint.FAINT)).rstrip()]
        return lines + [self._line(row, room, style) for row in self.rows]

    def _line(self, row: Row, room: int, style: Style) -> str:
        label = style.cut(style.plain(row.label), room - 1)
        left = room - 2 - len(label) - 1
        remark = style.tags(row.remark, left) if row.remark and left > 4 else ""
        gap = "  " if remark and label.strip() else ""
        padding = " " * (room - len(label) - len(gap) - len(remark))
        fitting = ((style.cut(cell, width - 1), width) for cell, width in self._cells(row.cells))
        cells = "".join(f"{cell:>{width}}" for cell, width in fitting)
        tail = f"  {style.plain(row.tail)}" if row.tail else ""
        text = style.paint(label, row.paint) + gap + style.paint(remark, Paint.FAINT)
        return (text + padding + cells + tail).rstrip()

    def _cells(self, cells: tuple[str, ...]) -> list[tuple[str, int]]:
        return list(zip(cells, self.widths, strict=False))


def number(value: float) -> str:
    """At most ten characters: whole numbers in full up to a billion, others to four digits."""
    if abs(value) < 1e9 and value == int(value):
        return str(int(value))
    return f"{value:.4g}"


def counted(amount: int, noun: str) -> str:
    """The amount with its noun, in the plural when it wants one; `noun` takes an s."""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"


def size(amount: int) -> str:
    """A number of bytes, in steps of a thousand."""
    if amount < 1000:
        return f"{amount} B"
    scaled, step = amount / 1000, 0
    # What would be printed as 1000.0 is one of the next unit.
    while scaled >= 999.95 and step < len(_SIZES) - 1:
        scaled, step = scaled / 1000, step + 1
    return f"{scaled:.1f} {_SIZES[step]}"


def time_of_day(timestamp: int) -> str:
    """Hours, minutes and seconds in UTC."""
    seconds = timestamp % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
