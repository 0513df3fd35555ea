"""The metric grammar, as the tables of the specification have it."""

import json
import math
from pathlib import Path

import pytest

from serverless_init.model import MetricKind, MetricSample
from serverless_init.sampler import Malformed, SamplerOptions, TimeSampler, parse_metric

TABLE = json.loads(Path(__file__).with_name("metric_lines.json").read_text("utf-8"))


@pytest.mark.parametrize("case", TABLE["parsed"], ids=lambda case: case["line"])
def test_a_line_of_the_table_parses_to_its_sample(case):
    row = TABLE["defaults"] | case
    assert parse_metric(row["line"].encode()) == MetricSample(
        name=row["name"].encode(),
        kind=MetricKind[row["kind"]],
        values=tuple(float(value) for value in row["values"]),
        member=row["member"].encode(),
        rate=row["rate"],
        tags=tuple(tag.encode() for tag in row["tags"]),
        timestamp=row["timestamp"],
    )


@pytest.mark.parametrize(("line", "reason"), TABLE["malformed"])
def test_a_bad_line_of_the_table_has_its_reason(line, reason):
    assert parse_metric(line.encode()) is Malformed(reason)


@pytest.mark.parametrize(("line", "reason"), TABLE["malformed"])
def test_the_sampler_counts_a_bad_line_of_the_table_under_its_reason(line, reason):
    sampler = TimeSampler(SamplerOptions())
    sampler.ingest(line.encode(), 1000.0)
    assert sampler.stats.dropped == {f"malformed:{reason}": 1}
    assert sampler.stats.samples_accepted == 1
    assert sampler.stats.malformed_excerpt == line.encode()


def test_nan_is_a_number_to_the_parser():
    sample = parse_metric(b"daemon:nan|g")
    assert isinstance(sample, MetricSample)
    assert math.isnan(sample.values[0])


def test_origin_fields_are_read_when_the_client_may_name_its_origin():
    line = b"metric:1234|g|c:1234567890abcdef|e:it-false|card:high"
    sample = parse_metric(line, client_origin=True)
    assert isinstance(sample, MetricSample)
    assert sample.local_data == b"1234567890abcdef"
    assert sample.external_data == b"it-false"
    assert sample.cardinality == b"high"


def test_invalid_utf8_is_kept_byte_for_byte():
    sample = parse_metric(b"\xff\xfe:1|c|#\x80,a:\xc3")
    assert isinstance(sample, MetricSample)
    assert (sample.name, sample.tags) == (b"\xff\xfe", (b"\x80", b"a:\xc3"))
