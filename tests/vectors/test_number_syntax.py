"""Numbers: Go's syntax, where Python's differs."""

import json
import math
from pathlib import Path

import pytest

from serverless_init.sampler import SamplerOptions, TimeSampler, parse_float, parse_int

TABLE = json.loads(Path(__file__).with_name("number_syntax.json").read_text("utf-8"))


@pytest.mark.parametrize(("text", "number"), TABLE["floats"])
def test_a_float_of_the_table_is_read(text, number):
    assert parse_float(text.encode()) == number


@pytest.mark.parametrize("text", TABLE["bad_floats"])
def test_a_bad_float_of_the_table_is_refused(text):
    assert parse_float(text.encode()) is None


@pytest.mark.parametrize("text", ["nan", "NaN", "NAN"])
def test_nan_is_read_without_sign_in_any_case(text):
    assert math.isnan(parse_float(text.encode()))


@pytest.mark.parametrize(("text", "number"), TABLE["integers"])
def test_an_integer_of_the_table_is_read(text, number):
    assert parse_int(text.encode()) == number


@pytest.mark.parametrize("text", TABLE["bad_integers"])
def test_a_bad_integer_of_the_table_is_refused(text):
    assert parse_int(text.encode()) is None


def test_leading_zeros_do_not_overflow_an_integer():
    assert parse_int(b"0" * 5000 + b"7") == 7


@pytest.mark.parametrize("text", [text for text in TABLE["bad_floats"] if "\n" not in text])
def test_a_bad_float_is_refused_also_where_the_sampler_takes_its_short_way(text):
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"known:1|c", 1000.0)
    sampler.ingest(b"known:%b|c" % text.encode(), 1000.0)
    assert sum(sampler.stats.dropped.values()) == 1
    assert [serie.points for serie in sampler.flush(1010.0, force=False).series] == [((1000, 0.1),)]


def test_four_hundred_digits_overflow_on_the_short_way_too():
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(b"known:1|c\nknown:%b|c" % (b"9" * 400), 1000.0)
    assert sampler.stats.dropped == {"malformed:bad_value": 1}
