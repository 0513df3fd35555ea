import random

import zstandard

from serverless_init.model import INTAKE, Payload, PayloadKind
from serverless_init.serializer.split import Item, Limits, PayloadBuilder, PayloadFormat
from serverless_init.serializer.stats import SerializerStats
from serverless_init.wire import choose_codec


class ListeningCodec:
    """Does not compress, and remembers the length of each piece that it was given."""

    content_encoding = "identity"

    def __init__(self) -> None:
        self.given: list[int] = []

    def capacity(self, room_bytes: int, *, streams: int = 1) -> int:
        return room_bytes

    def stream(self) -> "ListeningCodec":
        return self

    def give(self, data: bytes) -> bytes:
        self.given.append(len(data))
        return data

    def settle(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return b""


PLAIN = PayloadFormat(PayloadKind.SERIES, INTAKE, "text/plain")
ARRAY = PayloadFormat(
    PayloadKind.SERVICE_CHECKS,
    INTAKE,
    "application/json",
    header=b"[",
    separator=b",",
    footer=b"]",
)
GROUPED = PayloadFormat(
    PayloadKind.EVENTS,
    INTAKE,
    "application/json",
    header=b"{",
    separator=b",",
    footer=b"]}",
    grouped=True,
)
MANY = 1_000_000


def builder(
    form: PayloadFormat = PLAIN,
    *,
    kind: str = "none",
    compressed: int = MANY,
    uncompressed: int = MANY,
    points: int | None = None,
) -> tuple[PayloadBuilder, SerializerStats]:
    stats = SerializerStats()
    limits = Limits(compressed, uncompressed, points)
    return PayloadBuilder(form, limits=limits, codec=choose_codec(kind), stats=stats), stats


def an_item(body: bytes, *, points: int = 1, samples: int = 1, group: bytes = b"") -> Item:
    return Item(body, points, samples, group)


def payloads(build: PayloadBuilder, items: list[Item]) -> list[Payload]:
    done: list[Payload] = []
    for item in items:
        done += build.add(item)
    done += build.finish()
    return done


def bodies(build: PayloadBuilder, *items: Item) -> list[bytes]:
    return [payload.body for payload in payloads(build, list(items))]


def incompressible(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def decompressed(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def test_without_items_there_is_no_payload() -> None:
    build, stats = builder(ARRAY)

    assert build.finish() == ()
    assert stats.payloads == 0


def test_a_finished_builder_starts_over() -> None:
    build, _ = builder(ARRAY)

    assert bodies(build, an_item(b"1")) == [b"[1]"]
    assert build.finish() == ()
    assert bodies(build, an_item(b"2")) == [b"[2]"]


def test_a_payload_carries_what_its_items_stand_for() -> None:
    build, _ = builder(ARRAY, kind="zlib")

    (payload,) = payloads(
        build, [an_item(b"1", points=2, samples=5), an_item(b"2", points=3, samples=0)]
    )

    assert payload.kind is PayloadKind.SERVICE_CHECKS
    assert payload.endpoint is INTAKE
    assert payload.content_type == "application/json"
    assert payload.content_encoding == "deflate"
    assert (payload.points, payload.samples) == (5, 5)


def test_a_payload_may_be_as_long_as_the_uncompressed_limit_and_no_longer() -> None:
    exact, _ = builder(ARRAY, uncompressed=7)
    short, _ = builder(ARRAY, uncompressed=6)

    assert bodies(exact, an_item(b"11"), an_item(b"22")) == [b"[11,22]"]
    assert bodies(short, an_item(b"11"), an_item(b"22")) == [b"[11]", b"[22]"]


def test_a_payload_may_be_as_long_as_the_compressed_limit_and_no_longer() -> None:
    exact, _ = builder(ARRAY, compressed=7)
    short, _ = builder(ARRAY, compressed=6)

    assert bodies(exact, an_item(b"11"), an_item(b"22")) == [b"[11,22]"]
    assert bodies(short, an_item(b"11"), an_item(b"22")) == [b"[11]", b"[22]"]


def test_a_payload_is_closed_before_the_points_limit_is_passed() -> None:
    build, _ = builder(points=3)

    assert bodies(
        build,
        an_item(b"a", points=2),
        an_item(b"b", points=1),
        an_item(b"c", points=1),
        an_item(b"d", points=3),
    ) == [b"ab", b"c", b"d"]


def test_an_item_above_the_points_limit_is_dropped_and_the_others_are_sent_together() -> None:
    build, stats = builder(points=3)

    assert bodies(build, an_item(b"a"), an_item(b"b", points=4, samples=9), an_item(b"c")) == [
        b"ac"
    ]
    assert stats.dropped == {"points_max": 9}
    assert stats.items_dropped == {"points_max": 1}


def test_without_a_points_limit_points_do_not_count() -> None:
    build, _ = builder(points=None)

    assert bodies(build, an_item(b"a", points=MANY), an_item(b"b", points=MANY)) == [b"ab"]


def test_an_item_above_the_uncompressed_limit_is_dropped_and_the_others_are_sent() -> None:
    build, stats = builder(ARRAY, uncompressed=9)

    assert bodies(build, an_item(b"1"), an_item(b"x" * 8, samples=4), an_item(b"2")) == [
        b"[1]",
        b"[2]",
    ]
    assert stats.dropped == {"too_big": 4}
    assert stats.samples_held == 0


def test_an_incompressible_item_above_the_compressed_limit_is_dropped() -> None:
    build, stats = builder(kind="zstd", compressed=1000)

    assert bodies(build, an_item(incompressible(1001), samples=3)) == []
    assert stats.dropped == {"too_big": 3}


def test_a_large_item_that_compresses_into_the_limit_is_sent() -> None:
    build, stats = builder(kind="zstd", compressed=1000)

    sent = bodies(build, an_item(b"a"), an_item(b"z" * 500_000), an_item(b"b"))

    assert [decompressed(body) for body in sent] == [b"a", b"z" * 500_000, b"b"]
    assert stats.dropped == {}


def test_an_item_lost_without_samples_is_still_counted() -> None:
    build, stats = builder(uncompressed=1)

    assert bodies(build, an_item(b"xx", samples=0)) == []
    assert stats.dropped == {"too_big": 0}
    assert stats.items_dropped == {"too_big": 1}


def test_incompressible_items_fill_a_payload_to_the_compressed_limit() -> None:
    build, _ = builder(kind="zstd", compressed=10_000)

    sent = payloads(build, [an_item(random.Random(n).randbytes(100)) for n in range(300)])

    assert all(len(payload.body) <= 10_000 for payload in sent)
    assert [payload.samples for payload in sent[:-1]] == [98, 98, 98]


def test_compressible_items_fill_a_payload_far_beyond_the_worst_case() -> None:
    build, _ = builder(kind="zstd", compressed=10_000, uncompressed=10_000_000)
    items = [an_item(b"shop.checkout.%08d,env:prod,region:eu;" % n) for n in range(20_000)]

    sent = payloads(build, items)

    assert all(len(payload.body) <= 10_000 for payload in sent)
    assert min(len(payload.body) for payload in sent[:-1]) > 9_500
    assert b"".join(decompressed(p.body) for p in sent) == b"".join(item.body for item in items)


def test_items_of_one_group_share_an_array() -> None:
    build, _ = builder(GROUPED)

    assert bodies(
        build,
        an_item(b"1", group=b'"a"'),
        an_item(b"2", group=b'"a"'),
        an_item(b"3", group=b'"b"'),
    ) == [b'{"a":[1,2],"b":[3]}']


def test_a_group_that_comes_back_opens_a_new_payload() -> None:
    build, _ = builder(GROUPED)

    assert bodies(
        build,
        an_item(b"1", group=b'"b"'),
        an_item(b"2", group=b'"a"'),
        an_item(b"3", group=b'"b"'),
    ) == [b'{"b":[1]}', b'{"a":[2],"b":[3]}']


def test_a_group_goes_on_in_the_next_payload() -> None:
    build, _ = builder(GROUPED, uncompressed=13)
    items = [an_item(b"%d" % n, group=b'"a"') for n in range(4)]

    assert bodies(build, *items) == [b'{"a":[0,1,2]}', b'{"a":[3]}']


def test_the_item_that_completes_a_payload_can_complete_a_second_one() -> None:
    build, _ = builder(kind="zstd", compressed=1000)
    build.add(an_item(b"a"))

    done = build.add(an_item(b"z" * 500_000))

    assert [decompressed(payload.body) for payload in done] == [b"a", b"z" * 500_000]


def test_counters_balance_while_a_payload_is_open() -> None:
    build, stats = builder(uncompressed=4)
    build.add(an_item(b"aaa", samples=2))
    build.add(an_item(b"bbbbb", samples=3))
    build.add(an_item(b"ccc", samples=5))

    assert stats == SerializerStats(
        samples_accepted=10,
        samples_serialized=2,
        samples_held=5,
        items_serialized=1,
        payloads=1,
        bytes_uncompressed=3,
        bytes_compressed=3,
        dropped={"too_big": 3},
        items_dropped={"too_big": 1},
    )


def test_items_reach_the_compressor_in_slices_while_the_payload_fills() -> None:
    codec = ListeningCodec()
    build = PayloadBuilder(PLAIN, limits=Limits(MANY, MANY), codec=codec, stats=SerializerStats())

    for _ in range(1000):
        assert build.add(an_item(b"x" * 100)) == ()

    assert codec.given == [32_800, 32_800, 32_800]
    build.finish()
    assert codec.given == [32_800, 32_800, 32_800, 1600]
