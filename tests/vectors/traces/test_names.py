"""Names, services, tags and tag values: every vector of spec/traces-otlp-logs.md section 8.1."""

import json
from pathlib import Path

import pytest

from serverless_init.traces import text

ROWS = json.loads(Path(__file__).with_name("names.json").read_text("utf-8"))["rows"]
PYTHON = text.unnamed_service("python")


@pytest.mark.parametrize(("given", "name", "service", "tag", "tag_value"), ROWS)
def test_text_becomes_what_the_table_says(given, name, service, tag, tag_value):
    normal = (
        text.name(given) or "unnamed_operation",
        text.service(given, PYTHON),
        text.tag(given),
        text.tag_value(given),
    )
    assert normal == (name, service, tag, tag_value)


def test_long_text_is_cut_by_bytes_or_characters():
    assert text.name("a" * 101) == text.service("a" * 101, "") == "a" * 100
    assert text.name("A" * 250) == "A" * 100
    assert text.service("A" * 250, "") == "a" * 100
    assert text.tag("A" * 250) == text.tag_value("A" * 250) == "a" * 200
    assert text.service("é" * 250, "") == "é" * 50
    assert text.tag("é" * 250) == text.tag_value("é" * 250) == "é" * 200


def test_a_service_of_an_unknown_language_is_unnamed_too():
    assert text.unnamed_service("") == "unnamed-service"
    assert text.unnamed_service("C++ 20") == "unnamed-c_20-service"


def test_text_is_never_cut_within_a_character():
    assert text.cut("aé", 2) == "a"
    assert text.cut("éé", 3) == "é"
    assert text.cut("a" * 5, 4) == "aaaa"
