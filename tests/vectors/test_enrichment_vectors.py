"""From a line and settings to name, host and tags, as the tables of the specification have it."""

import json
from pathlib import Path

import pytest

from serverless_init.config import DogStatsDSettings, load
from serverless_init.dogstatsd.events import parse_event, parse_service_check
from serverless_init.enriching import enrichment_rules
from serverless_init.model import MetricSample
from serverless_init.sampler import Sender, origin_tags, parse_metric, strip_special
from serverless_init.sampler.enrichment import Enrichment
from serverless_init.testing import KnownEntities

TABLE = json.loads(Path(__file__).with_name("enrichment.json").read_text("utf-8"))
ROWS = [TABLE["defaults"] | row for row in TABLE["identities"]]


def about(row):
    return row["about"]


def sample_of(row):
    sample = parse_metric(row["line"].encode(), client_origin=True)
    assert isinstance(sample, MetricSample)
    return sample


@pytest.mark.parametrize("row", ROWS, ids=about)
def test_a_line_of_the_table_has_its_identity(row):
    configuration = load(row["settings"])
    assert (configuration.problems, configuration.unknown()) == ([], ([], []))
    host = row["hostname"].encode() if row["hostname"] != "none" else b""
    extra = tuple(tag.encode() for tag in configuration.of(DogStatsDSettings).tags)
    rules = enrichment_rules(configuration, host=host, tags=extra)
    identity = Enrichment(rules).identify(sample_of(row))
    if row["name"] is None:
        assert identity is None
    else:
        name, host, tags = identity
        assert (name.decode(), host.decode()) == (row["name"], row["host"])
        assert [tag.decode() for tag in tags] == row["tags"]


@pytest.mark.parametrize("row", ROWS, ids=about)
def test_a_line_of_the_table_says_this_of_its_sender(row):
    sample = sample_of(row)
    said = strip_special(sample.tags, cardinality=sample.cardinality)
    expected = (row["entity_id"].encode(), row["cardinality"].encode())
    assert (said.entity_id, said.cardinality) == expected


@pytest.mark.parametrize("row", [row for row in ROWS if not row["settings"]], ids=about)
def test_tags_mean_the_same_to_events_and_service_checks(row):
    _, *fields = row["line"].split("|", 2)[1:]
    text = "|".join(fields).encode()
    host = row["hostname"].encode() if row["hostname"] != "none" else b""
    event = parse_event(b"_e{1,1}:a|b|" + text, host=host, client_origin=True)
    check = parse_service_check(b"_sc|up|0|" + text, host=host, client_origin=True)
    for item in (event, check):
        assert sorted(set(item.tags)) == [tag.encode() for tag in row["tags"]]
        assert item.host.decode() == row["host"]
        assert (item.entity_id.decode(), item.cardinality.decode()) == (
            row["entity_id"],
            row["cardinality"],
        )


@pytest.mark.parametrize(
    ("options", "tags"),
    [
        ({}, (b"pod", b"socket")),
        ({"entity_id_precedence": True}, (b"pod",)),
        ({"unified": True}, (b"socket",)),
    ],
    ids=["older rules", "entity id first", "unified rules"],
)
def test_all_that_may_name_the_sender_is_known_when_it_is_decided(options, tags):
    line = b"daemon:666|g|#dd.internal.entity_id:uid|c:ci-client"
    entities = KnownEntities(
        {
            b"container_id://from-socket": {b"low": (b"socket",)},
            b"container_id://client": {b"low": (b"client",)},
            b"kubernetes_pod_uid://uid": {b"low": (b"pod",)},
        }
    )
    usual = {"unified": False, "opt_out": True, "entity_id_precedence": False}
    origin = origin_tags(entities, **(usual | options), cardinality=b"low")
    sample = parse_metric(line, client_origin=True)
    said = strip_special(sample.tags)
    sender = Sender(b"from-socket", sample.local_data, b"", said.entity_id)
    assert tuple(sorted(origin.of(sender))) == tags
