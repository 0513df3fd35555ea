"""A table of a gate's report."""

import pytest

from serverless_init.gate.markdown import table


def test_columns_are_aligned_in_the_source_and_for_markdown() -> None:
    rows = [["wheel", "1,024", "ok"], ["closure of all", "7", "over"]]
    assert list(table(["what", "bytes", "verdict"], rows, "<>^")) == [
        "| what           | bytes | verdict |",
        "|----------------|------:|:-------:|",
        "| wheel          | 1,024 |   ok    |",
        "| closure of all |     7 |  over   |",
    ]


def test_columns_without_an_alignment_stand_left() -> None:
    assert list(table(["a", "b"], [["1", "2"]])) == [
        "| a   | b   |",
        "|-----|-----|",
        "| 1   | 2   |",
    ]


def test_no_cell_breaks_the_table() -> None:
    assert list(table(["a"], [["x|y\nz"]]))[-1] == "| x\\|y z |"


def test_a_table_without_rows_has_its_headers() -> None:
    assert list(table(["name"], [])) == ["| name |", "|------|"]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        list(table(["a", "b"], [["1"]]))
