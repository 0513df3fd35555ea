"""Statistics as the intake takes them: ``StatsPayload`` in MessagePack, split by its groups."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from serverless_init.traces.stats_payload import ClientStatsPayload, StatsBucket, StatsPayload

GROUPS_MAX = 4000
"""Groups of one payload."""


@dataclass(frozen=True, slots=True)
class StatsBody:
    """One request's body, and how many groups are in it."""

    body: bytes
    groups: int


def encode_stats(
    payloads: Iterable[ClientStatsPayload],
    *,
    hostname: str,
    env: str,
    agent_version: str,
    is_client_computed: bool,
    groups_max: int = GROUPS_MAX,
) -> list[StatsBody]:
    """`payloads` as bodies of at most `groups_max` groups each."""
    bodies = [batch for batch in _batches(payloads, groups_max) if batch]
    return [
        StatsBody(
            msgspec.msgpack.encode(
                StatsPayload(
                    agent_hostname=hostname,
                    agent_env=env,
                    stats=batch,
                    agent_version=agent_version,
                    client_computed=is_client_computed,
                    split_payload=len(bodies) > 1,
                )
            ),
            sum(map(groups_of, batch)),
        )
        for batch in bodies
    ]


def _batches(
    payloads: Iterable[ClientStatsPayload], groups_max: int
) -> Iterator[list[ClientStatsPayload]]:
    """Payloads, taken apart where that is needed, in batches."""
    batch: list[ClientStatsPayload] = []
    room = groups_max
    for payload in payloads:
        for piece in _pieces(payload, room, groups_max):
            if groups_of(piece) > room:
                yield batch
                batch, room = [], groups_max
            batch.append(piece)
            room -= groups_of(piece)
    yield batch


def _pieces(
    payload: ClientStatsPayload, room: int, groups_max: int
) -> Iterator[ClientStatsPayload]:
    """`payload`, or parts of it: the first of at most `room` groups, the others full."""
    if groups_of(payload) <= groups_max:
        yield payload
        return
    buckets: list[StatsBucket] = []
    left = room or groups_max
    for bucket in payload.stats or ():
        groups = bucket.stats or []
        start = 0
        while start < len(groups):
            part = groups[start : start + left]
            buckets.append(msgspec.structs.replace(bucket, stats=part))
            start += len(part)
            left -= len(part)
            if not left:
                yield msgspec.structs.replace(payload, stats=buckets)
                buckets, left = [], groups_max
    if buckets:
        yield msgspec.structs.replace(payload, stats=buckets)


def groups_of(payload: ClientStatsPayload) -> int:
    """How many groups of spans `payload` counts."""
    return sum(len(bucket.stats or ()) for bucket in payload.stats or ())
