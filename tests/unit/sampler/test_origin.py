"""Which tags follow from who sent a sample: the Agent's rules, older and unified."""

import pytest

from serverless_init.model import OwnKnowledge
from serverless_init.sampler import Sender
from serverless_init.sampler.origin import (
    ExternalData,
    LocalData,
    OriginOptions,
    OriginTags,
    parse_external_data,
    parse_local_data,
)
from serverless_init.testing import KnownEntities

ENTITIES = KnownEntities(
    {
        b"container_id://socket": {b"low": (b"from:socket",), b"high": (b"id:socket",)},
        b"container_id://client": {b"low": (b"from:client",)},
        b"container_id://inode": {b"low": (b"from:inode",)},
        b"container_id://external": {b"low": (b"from:external",)},
        b"kubernetes_pod_uid://pod": {b"low": (b"from:pod",), b"orchestrator": (b"pod:name",)},
        b"kubernetes_pod_uid://epod": {b"low": (b"from:epod",)},
        b"global://": {b"low": (b"global:1",)},
    }
)
EXTERNAL = b"it-false,cn-main,pu-epod"


def tags_of(sender: Sender, **options: object) -> list[bytes]:
    origin = OriginTags(
        OriginOptions(**options),
        ENTITIES,
        container_of_inode=lambda inode: b"inode" if inode == 7 else b"",
        container_of_pod=lambda data: b"external" if data.container_name == b"main" else b"",
    )
    return list(origin.of(sender))


@pytest.mark.parametrize(
    ("sender", "tags"),
    [
        (Sender(), [b"global:1"]),
        (Sender(b"socket"), [b"from:socket", b"global:1"]),
        (Sender(local_data=b"ci-client"), [b"from:client", b"global:1"]),
        (Sender(local_data=b"in-7"), [b"from:inode", b"global:1"]),
        (Sender(local_data=b"in-8"), [b"global:1"]),
        (Sender(b"socket", b"ci-client"), [b"from:socket", b"from:client", b"global:1"]),
        (
            Sender(b"socket", b"ci-client", entity_id=b"pod"),
            [b"from:socket", b"from:pod", b"global:1"],
        ),
        (Sender(b"socket", b"ci-client", entity_id=b"none"), [b"from:socket", b"global:1"]),
        (Sender(external_data=EXTERNAL), [b"global:1"]),
        (Sender(b"socket", cardinality=b"none"), []),
        (Sender(b"socket", cardinality=b"high"), [b"from:socket", b"id:socket", b"global:1"]),
        (
            Sender(entity_id=b"pod", cardinality=b"orchestrator"),
            [b"from:pod", b"pod:name", b"global:1"],
        ),
        (Sender(b"socket", cardinality=b"unknown"), [b"from:socket", b"global:1"]),
    ],
)
def test_the_older_rules_add_up_what_they_find(sender: Sender, tags: list[bytes]) -> None:
    assert tags_of(sender) == tags


def test_an_entity_id_may_make_the_socket_irrelevant() -> None:
    sender = Sender(b"socket", entity_id=b"pod")
    assert tags_of(sender, entity_id_precedence=True) == [b"from:pod", b"global:1"]
    sender = Sender(b"socket", entity_id=b"none")
    assert tags_of(sender, entity_id_precedence=True) == [b"global:1"]


def test_without_the_opt_out_the_cardinality_none_is_one_without_tags_of_its_own() -> None:
    assert tags_of(Sender(b"socket", cardinality=b"none"), opt_out=False) == []


def test_the_configured_cardinality_is_for_those_who_ask_for_none() -> None:
    options = {"cardinality": b"high"}
    assert tags_of(Sender(b"socket"), **options) == [b"from:socket", b"id:socket", b"global:1"]
    assert tags_of(Sender(b"socket", cardinality=b"low"), **options) == [
        b"from:socket",
        b"global:1",
    ]


@pytest.mark.parametrize(
    ("sender", "tags"),
    [
        (Sender(), [b"global:1"]),
        (Sender(b"socket", b"ci-client", EXTERNAL, b"pod"), [b"from:socket"]),
        (Sender(b"unknown", b"ci-client", EXTERNAL, b"pod"), [b"from:client"]),
        (Sender(b"", b"in-7", EXTERNAL, b"pod"), [b"from:inode"]),
        (Sender(b"", b"", EXTERNAL, b"pod"), [b"from:external"]),
        (Sender(b"", b"", b"cn-other,pu-epod", b"pod"), [b"from:pod"]),
        (Sender(b"", b"", b"pu-epod", b"none"), [b"from:epod"]),
        (Sender(b"socket", cardinality=b"none"), []),
    ],
)
def test_the_unified_rules_take_the_first_that_has_tags(sender: Sender, tags: list[bytes]) -> None:
    assert tags_of(sender, unified=True) == tags


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", LocalData()),
        (b"abc", LocalData(b"abc")),
        (b"ci-abc", LocalData(b"abc")),
        (b"cid-abc", LocalData(b"abc")),
        (b"ci-ci-abc", LocalData(b"ci-abc")),
        (b"cid-ci-abc", LocalData(b"ci-abc")),
        (b"in-42", LocalData(inode=42)),
        (b"in-18446744073709551615", LocalData(inode=2**64 - 1)),
        (b"in-18446744073709551616", LocalData()),
        (b"in-x", LocalData()),
        (b"ci-abc,in-42", LocalData(b"abc", 42)),
        (b"in-x,ci-abc", LocalData(b"abc")),
        (b"cid-abc,in-1", LocalData(inode=1)),
        (b"foo,bar", LocalData()),
    ],
)
def test_local_data_names_a_container_or_an_inode(text: bytes, found: LocalData) -> None:
    assert parse_local_data(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", ExternalData()),
        (b"it-true,cn-main,pu-uid", ExternalData(True, b"main", b"uid")),
        (b"it-f,cn-main", ExternalData(False, b"main")),
        (b"it-maybe,pu-uid", ExternalData(pod_uid=b"uid")),
        (b"xx-1,cn-main", ExternalData(container_name=b"main")),
    ],
)
def test_external_data_is_a_list_of_items(text: bytes, found: ExternalData) -> None:
    assert parse_external_data(text) == found


def test_alone_we_know_of_a_container_its_id_at_high_cardinality() -> None:
    known = OwnKnowledge()
    assert known.tags(b"container_id://abc", b"high") == (b"container_id:abc",)
    assert known.tags(b"container_id://abc", b"orchestrator") == ()
    assert known.tags(b"kubernetes_pod_uid://abc", b"high") == ()
    assert known.tags(b"global://", b"high") == ()
