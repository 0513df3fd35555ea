"""The section of a page that a command writes, between two markers. Pure."""

from collections.abc import Iterable

from serverless_init.gate.programs import CannotMeasure

BEGIN = "<!-- peers: written by make peers -->"
END = "<!-- peers: end -->"


def rewritten(page: str, lines: Iterable[str]) -> str:
    """`page` with `lines` between its markers. Raises `CannotMeasure` unless each stands once."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise CannotMeasure(f"the page must have {BEGIN} and {END}, once and in this order")
    before, _, rest = page.partition(BEGIN)
    return "\n".join([before + BEGIN, "", *lines, "", END + rest.partition(END)[2]])
