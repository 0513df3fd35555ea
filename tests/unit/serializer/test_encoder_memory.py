import gc
import tracemalloc
from collections.abc import Callable
from typing import TypeVar

import pytest

from serverless_init.model import Origin, Serie, SerieKind, SketchPoint, SketchSerie
from serverless_init.serializer.series_v1 import SeriesV1Encoder
from serverless_init.serializer.series_v2 import SeriesEncoder
from serverless_init.serializer.sketches_v2 import SketchEncoder

T = TypeVar("T", SeriesEncoder, SeriesV1Encoder)

ENTRIES_MAX = 4096


def no_origin(_name: bytes) -> Origin | None:
    return None


def encode_series(count: int, change: str) -> SeriesEncoder:
    """An encoder after `count` series of which only `change` differs from one to the next."""
    return after_series(SeriesEncoder(no_origin), count, change)


def encode_series_v1(count: int, change: str) -> SeriesV1Encoder:
    return after_series(SeriesV1Encoder(), count, change)


def after_series(encoder: T, count: int, change: str) -> T:
    for n in range(count):
        text = b"%09d" % n
        encoder.encode(
            Serie(
                name=text if change == "name" else b"m",
                tags={"tag": (text,), "device": (b"device:" + text,)}.get(change, ()),
                host=text if change == "host" else b"",
                kind=SerieKind.GAUGE,
                points=((n if change == "instant" else 1, 1.0),),
                interval_s=10,
                unit=text if change == "unit" else b"",
            )
        )
    return encoder


def encode_sketches(count: int, change: str) -> SketchEncoder:
    encoder = SketchEncoder(no_origin)
    for n in range(count):
        text = b"%09d" % n
        point = SketchPoint(1, 1, 1.0, 1.0, 1.0, 1.0, (n if change == "key" else 1,), (1,))
        encoder.encode(
            SketchSerie(
                name=text if change == "name" else b"m",
                tags=(text,) if change == "tag" else (),
                host=b"",
                points=(point,),
                interval_s=10,
            )
        )
    return encoder


def held_bytes(encode: Callable[[int, str], object], count: int, change: str) -> int:
    """What an encoder holds after `count` items."""
    gc.collect()
    tracemalloc.start()
    try:
        encoder = encode(count, change)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert encoder is not None
    return held


@pytest.mark.parametrize("change", ["name", "tag", "device", "host", "instant", "unit"])
def test_a_series_encoder_remembers_a_bounded_number_of_fragments(change: str) -> None:
    bound = held_bytes(encode_series, ENTRIES_MAX, change)

    assert held_bytes(encode_series, 3 * ENTRIES_MAX, change) < 1.2 * bound


@pytest.mark.parametrize("change", ["name", "tag", "device", "host"])
def test_a_v1_encoder_remembers_a_bounded_number_of_texts(change: str) -> None:
    bound = held_bytes(encode_series_v1, ENTRIES_MAX, change)

    assert held_bytes(encode_series_v1, 3 * ENTRIES_MAX, change) < 1.2 * bound


@pytest.mark.parametrize("change", ["name", "tag", "key"])
def test_a_sketch_encoder_remembers_a_bounded_number_of_fragments(change: str) -> None:
    bound = held_bytes(encode_sketches, ENTRIES_MAX, change)

    assert held_bytes(encode_sketches, 3 * ENTRIES_MAX, change) < 1.2 * bound
