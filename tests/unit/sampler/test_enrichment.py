"""Special tags and identities."""

import pytest

from serverless_init.model import MetricKind, MetricSample
from serverless_init.sampler import strip_special
from serverless_init.sampler.enrichment import Enrichment, EnrichmentRules, Identity


def tags(text):
    return tuple(text.encode().split(b","))


@pytest.mark.parametrize(
    ("text", "kept", "host", "entity_id", "cardinality"),
    [
        ("protocol:http,host:custom-host,bench", "protocol:http,bench", b"custom-host", b"", b""),
        ("protocol:http,host:,bench", "protocol:http,bench", b"", b"", b""),
        ("a,host:x,host:y", "a", b"y", b"", b""),
        (
            "sometag1:somevalue1,host:my-hostname,dd.internal.entity_id:foo,sometag2:somevalue2",
            "sometag1:somevalue1,sometag2:somevalue2",
            b"my-hostname",
            b"foo",
            b"",
        ),
        ("env:prod,dd.internal.entity_id:none", "env:prod", None, b"none", b""),
        ("a,dd.internal.card:high", "a", None, b"", b"high"),
        ("a,dd.internal.card:", "a", None, b"", b""),
        ("dd.internal.card:,a,dd.internal.card:low", "a", None, b"", b"low"),
        (
            "a,dd.internal.card:low,dd.internal.card:high",
            "a,dd.internal.card:high",
            None,
            b"",
            b"low",
        ),
        ("a,dd.internal.jmx_check_name:kafka", "a", None, b"", b""),
        ("dd.internal.other:1,hosts:x", "dd.internal.other:1,hosts:x", None, b"", b""),
    ],
)
def test_special_tags_are_taken_out(text, kept, host, entity_id, cardinality):
    stripped = strip_special(tags(text))
    assert stripped.tags == tags(kept)
    assert (stripped.host, stripped.entity_id, stripped.cardinality) == (
        host,
        entity_id,
        cardinality,
    )


def test_a_known_cardinality_keeps_the_tag():
    stripped = strip_special((b"dd.internal.card:high",), cardinality=b"none")
    assert (stripped.tags, stripped.cardinality) == ((b"dd.internal.card:high",), b"none")


def test_equal_tags_share_one_tuple():
    enrichment = Enrichment(EnrichmentRules(host=b"h", extra_tags=(b"z",)))
    one = enrichment.identify(MetricSample(b"a", MetricKind.GAUGE, (1.0,), tags=(b"y", b"x")))
    two = enrichment.identify(MetricSample(b"b", MetricKind.GAUGE, (1.0,), tags=(b"y", b"x")))
    assert one == Identity(b"a", b"h", (b"x", b"y", b"z"))
    assert one.tags is two.tags


def test_what_is_remembered_about_tags_is_bounded():
    enrichment = Enrichment(EnrichmentRules())
    for n in range(3000):
        sample = MetricSample(b"a", MetricKind.GAUGE, (1.0,), tags=(b"%d" % n,))
        assert enrichment.identify(sample).tags == (b"%d" % n,)
    assert len(enrichment._known) <= 1024
