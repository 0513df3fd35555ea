"""A codec's promise holds: what it says will fit does fit, whatever the bytes."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.wire import choose_codec


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["zstd", "zlib", "gzip", "none"]),
    st.integers(200, 400_000),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30),
    st.integers(0, 2**32),
    st.sampled_from([256, 200, 16]),
)
def test_a_stream_filled_to_its_capacity_stays_within_the_room(
    kind: str, room_bytes: int, shares: list[float], seed: int, symbols: int
) -> None:
    """However often a stream is settled and refilled within its capacity, the body fits the room.

    The data is random over an alphabet of `symbols`: incompressible, nearly so, or half.
    """
    rolls = random.Random(seed)
    codec = choose_codec(kind)
    stream = codec.stream()
    alphabet = bytes(n % symbols for n in range(256))
    body = b""
    for share in shares:
        capacity = codec.capacity(room_bytes - len(body))
        if capacity <= 0:
            break
        data = rolls.randbytes(int(capacity * share)).translate(alphabet)
        half = len(data) // 2
        body += stream.give(data[:half]) + stream.give(data[half:]) + stream.settle()
    capacity = max(0, codec.capacity(room_bytes - len(body)))
    body += stream.give(rolls.randbytes(capacity)) + stream.finish()

    assert len(body) <= room_bytes
