"""What lines say by themselves, as the tables have them."""

from pathlib import Path

import pytest

from serverless_init.logs.headline import LEVELED, TIMED, WHOLE, HeadlineReader, headline

KINDS = {TIMED: "timed", LEVELED: "leveled", WHOLE: "whole"}


def table(name: str) -> list[tuple[str, bytes]]:
    rows = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    split = (row.split("|", 1) for row in rows if row and not row.startswith("#"))
    return [(first.strip(), unescaped(line[1:])) for first, line in split]


def unescaped(line: str) -> bytes:
    return line.replace("\\t", "\t").replace("\\e", "\x1b").encode()


@pytest.mark.parametrize(("severity", "line"), table("log_severity.txt"))
def test_a_line_of_the_table_has_its_severity(severity: str, line: bytes) -> None:
    assert headline(line)[1] == (None if severity == "-" else severity)


@pytest.mark.parametrize(("kind", "line"), table("log_lines.txt"))
def test_a_line_of_the_table_is_of_its_kind(kind: str, line: bytes) -> None:
    assert KINDS.get(headline(line)[0], "-") == kind


def test_a_reader_that_remembers_beginnings_says_the_same_as_one_that_reads() -> None:
    lines = [line for name in ("log_severity.txt", "log_lines.txt") for _, line in table(name)]
    reader = HeadlineReader()
    for line in lines * 2:
        kind, severity = headline(line)
        assert reader.read(line) == (kind, severity) or (KINDS.get(kind), severity) == (None, None)
        assert reader.read(line)[1] == severity
