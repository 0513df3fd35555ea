"""Tables as Markdown shows them and as a terminal reads them: the source is aligned too."""

from collections.abc import Iterator, Sequence


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], align: str = "") -> Iterator[str]:
    """Lines of a table. `align` has ``<``, ``>`` or ``^`` per column; what it lacks is ``<``.

    A ``|`` in a cell is escaped and a line end becomes a space: no cell breaks the table. Raises
    `ValueError` for a row that has more or fewer cells than there are headers.
    """
    cells = [[_cell(text) for text in row] for row in (headers, *rows)]
    sides = align.ljust(len(headers), "<")
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(map(format, row, map("{}{}".format, sides, widths))) + " |"
        for row in cells
    ]
    rule = "|" + "|".join(map(_rule, sides, widths)) + "|"
    yield from (lines[0], rule, *lines[1:])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _rule(side: str, width: int) -> str:
    left, right = {"<": ("-", "-"), ">": ("-", ":"), "^": (":", ":")}[side]
    return left + "-" * width + right
