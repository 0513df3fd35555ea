"""Splitting loses nothing, changes nothing and passes no limit, for every codec and format."""

import gzip
import json
import random
import zlib
from collections.abc import Callable, Mapping

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.model import INTAKE, Event, Payload, PayloadKind
from serverless_init.serializer.events import EventEncoder, by_source_type, events_format
from serverless_init.serializer.split import Item, Limits, PayloadBuilder, PayloadFormat
from serverless_init.serializer.stats import SerializerStats
from serverless_init.wire import choose_codec

DECOMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "deflate": zlib.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}
FORMATS = (
    PayloadFormat(PayloadKind.SERIES, INTAKE, "application/x-protobuf"),
    PayloadFormat(PayloadKind.SKETCHES, INTAKE, "application/x-protobuf", footer=b"\x12\x00"),
    PayloadFormat(
        PayloadKind.SERVICE_CHECKS,
        INTAKE,
        "application/json",
        header=b"[",
        separator=b",",
        footer=b"]",
    ),
)

MANY = 1_000_000

kinds = st.sampled_from(["zstd", "zlib", "gzip", "none"])


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    """Items of random or repetitive content, some longer than any limit."""
    rolls = random.Random(draw(st.integers(0, 2**32)))
    sizes = draw(st.lists(st.one_of(st.integers(0, 40), st.integers(0, 3000)), max_size=60))
    return [
        Item(
            b"<" + (rolls.randbytes(size) if rolls.random() < 0.5 else b"ab" * (size // 2)) + b">",
            points=rolls.randrange(6),
            samples=rolls.randrange(4),
        )
        for size in sizes
    ]


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    return Limits(
        compressed_bytes_max=draw(st.integers(1, 3000)),
        uncompressed_bytes_max=draw(st.integers(1, 6000)),
        points_max=draw(st.one_of(st.none(), st.integers(1, 20))),
    )


def payloads(build: PayloadBuilder, given_items: list[Item]) -> list[Payload]:
    done: list[Payload] = []
    for item in given_items:
        done += build.add(item)
    return [*done, *build.finish()]


def fits_alone(item: Item, form: PayloadFormat, kind: str, bounds: Limits) -> bool:
    body = form.header + item.body + form.footer
    stream = choose_codec(kind).stream()
    compressed = stream.give(body) + stream.finish()
    return (
        len(body) <= bounds.uncompressed_bytes_max
        and len(compressed) <= bounds.compressed_bytes_max
        and (bounds.points_max is None or item.points <= bounds.points_max)
    )


@settings(max_examples=100, deadline=None)
@given(items(), limits(), kinds, st.sampled_from(FORMATS))
def test_joining_the_payloads_gives_the_items_that_fit(
    given_items: list[Item], bounds: Limits, kind: str, form: PayloadFormat
) -> None:
    """join(split(p)) = p, without exactly those items that exceed a limit by themselves."""
    stats = SerializerStats()
    build = PayloadBuilder(form, limits=bounds, codec=choose_codec(kind), stats=stats)
    sent = payloads(build, given_items)
    expected = [item for item in given_items if fits_alone(item, form, kind, bounds)]

    interiors = []
    for payload in sent:
        whole = DECOMPRESS[payload.content_encoding](payload.body)
        assert whole.startswith(form.header)
        assert whole.endswith(form.footer)
        interiors.append(whole[len(form.header) : len(whole) - len(form.footer)])

    assert form.separator.join(interiors) == form.separator.join(item.body for item in expected)
    assert sum(payload.points for payload in sent) == sum(item.points for item in expected)
    assert sum(payload.samples for payload in sent) == sum(item.samples for item in expected)
    assert stats.items_serialized == len(expected)


@settings(max_examples=100, deadline=None)
@given(items(), limits(), kinds, st.sampled_from(FORMATS))
def test_every_payload_is_within_the_limits_and_not_empty(
    given_items: list[Item], bounds: Limits, kind: str, form: PayloadFormat
) -> None:
    """Each part is within all three limits and carries at least one item."""
    codec = choose_codec(kind)
    build = PayloadBuilder(form, limits=bounds, codec=codec, stats=SerializerStats())
    for payload in payloads(build, given_items):
        whole = DECOMPRESS[payload.content_encoding](payload.body)
        assert len(payload.body) <= bounds.compressed_bytes_max
        assert len(whole) <= bounds.uncompressed_bytes_max
        assert bounds.points_max is None or payload.points <= bounds.points_max
        assert len(whole) > len(form.header) + len(form.footer)


@settings(max_examples=100, deadline=None)
@given(items(), limits(), kinds)
def test_samples_balance_after_every_item(
    given_items: list[Item], bounds: Limits, kind: str
) -> None:
    """accepted = serialized + sum(dropped) + held, at every instant; held is 0 at the end."""
    stats = SerializerStats()
    build = PayloadBuilder(FORMATS[0], limits=bounds, codec=choose_codec(kind), stats=stats)
    sent = 0
    for n, item in enumerate(given_items):
        sent += sum(payload.samples for payload in build.add(item))
        assert stats.samples_accepted == sum(item.samples for item in given_items[: n + 1])
        assert stats.samples_serialized == sent
        dropped = sum(stats.dropped.values())
        assert stats.samples_accepted == sent + dropped + stats.samples_held
    build.finish()
    assert stats.samples_held == 0


events = st.builds(
    Event,
    title=st.binary(max_size=20),
    text=st.binary(max_size=200),
    timestamp=st.integers(0, 2**40),
    source_type=st.sampled_from([b"", b"api", b"nagios", b"\xff", b"\xfe", b'q"']),
    tags=st.lists(st.binary(max_size=10), max_size=3).map(tuple),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(events, max_size=30), st.integers(300, 3000), st.booleans(), kinds)
def test_event_payloads_are_json_with_every_event_once(
    given_events: list[Event], uncompressed_bytes_max: int, ordered: bool, kind: str
) -> None:
    """Whatever the order of events and the splits, each body is JSON with unique keys."""
    bounds = Limits(compressed_bytes_max=MANY, uncompressed_bytes_max=uncompressed_bytes_max)
    form, encoder, stats = events_format(b"web-1"), EventEncoder(), SerializerStats()
    build = PayloadBuilder(form, limits=bounds, codec=choose_codec(kind), stats=stats)
    in_order = by_source_type(given_events) if ordered else given_events
    encoded = [encoder.encode(event) for event in in_order]
    read = []
    for payload in payloads(build, encoded):
        body = json.loads(
            DECOMPRESS[payload.content_encoding](payload.body), object_pairs_hook=unique_keys
        )
        assert body["internalHostname"] == "web-1"
        for source_type, group in body["events"].items():
            assert group
            read += [(source_type, event) for event in group]

    room = uncompressed_bytes_max - len(form.header) - len(form.footer) - len(b":[")
    expected = [item for item in encoded if len(item.group) + len(item.body) <= room]
    assert read == [(json.loads(item.group), json.loads(item.body)) for item in expected]


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)
