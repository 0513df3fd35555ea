"""Sampling, hashing and sketch numbers: every vector of spec/traces-otlp-logs.md section 8.9."""

import pytest

from serverless_init.model import Span
from serverless_init.traces.fnv import fnv1a_32
from serverless_init.traces.samplers.probabilistic import ProbabilisticSampler, bucket_of
from serverless_init.traces.samplers.score import is_sampled
from serverless_init.traces.sketch import DurationSketch, index_of, truncated

HIGH = "0001020304050607"


@pytest.mark.parametrize(
    ("trace_id", "is_kept"),
    [
        (1, True),
        (2, True),
        (3, True),
        (7, True),
        (123456789, False),
        (2**63, False),
        (2**64 - 1, False),
    ],
)
def test_half_of_the_trace_ids_are_sampled_at_a_half(trace_id, is_kept):
    assert is_sampled(trace_id, 0.5) is is_kept


def test_all_and_none_are_sampled_at_the_ends():
    assert is_sampled(2**64 - 1, 1.0)
    assert not is_sampled(1, 0.0)


BUCKETS = [
    (1, 9058, 11728, 13434),
    (2, 8815, 12457, 13031),
    (3, 8572, 12214, 12628),
    (7, 7600, 13186, 11016),
    (123456789, 9905, 12311, 14601),
    (579005069656919553, 8227, 7405, 139),
]


@pytest.mark.parametrize(("trace_id", "seed_0", "seed_22", "full"), BUCKETS)
def test_a_trace_id_falls_into_its_bucket(trace_id, seed_0, seed_22, full):
    low = trace_id.to_bytes(8, "big")
    assert bucket_of(low + bytes(8), 0) == seed_0
    assert bucket_of(low + bytes(8), 22) == seed_22
    assert bucket_of(bytes.fromhex(HIGH) + low, 0) == full


def kept(**options):
    sampler = ProbabilisticSampler(50.0, **options)
    spans = [Span(trace_id=row[0], meta={"_dd.p.tid": HIGH}) for row in BUCKETS]
    return [span.trace_id for span in spans if sampler.keeps(span)]


def test_the_agent_keeps_the_same_traces_at_fifty_percent():
    assert kept() == [7]
    assert kept(hash_seed=22) == [579005069656919553]
    assert kept(has_full_id=True) == [579005069656919553]


def test_the_full_identifier_may_come_from_opentelemetry():
    sampler = ProbabilisticSampler(50.0, has_full_id=True)
    full = f"{HIGH}{579005069656919553:016x}"
    assert sampler.keeps(Span(trace_id=1, meta={"otel.trace_id": full, "_dd.p.tid": HIGH}))
    assert not sampler.keeps(Span(trace_id=1, meta={"otel.trace_id": "no", "_dd.p.tid": HIGH}))


def test_a_service_has_its_signature():
    assert fnv1a_32(b"svc,prod") == 3497720186


@pytest.mark.parametrize(
    ("duration_ns", "kept_ns", "index"),
    [
        (1, 1, 0),
        (1000, 1000, 345),
        (10**6, 999_424, 690),
        (123_456_789, 123_338_752, 931),
        (10**9, 999_292_928, 1036),
    ],
)
def test_a_duration_falls_into_its_bin(duration_ns, kept_ns, index):
    assert truncated(duration_ns) == kept_ns
    assert index_of(kept_ns) == index


def test_a_sketch_has_the_agents_bytes():
    sketch = DurationSketch()
    assert sketch.encode().hex() == "0a0909fd4a815abf52f03f12001a00"
    sketch.insert(10**6)
    assert sketch.encode().hex() == ("0a0909fd4a815abf52f03f120d1208000000000000f03f18e40a1a00")
