import gzip
import importlib
import random
import zlib
from collections.abc import Callable
from types import ModuleType

import pytest
import zstandard

from serverless_init.wire import choose_codec


def without(*names: str) -> Callable[[str], ModuleType]:
    """An importer for a machine on which the libraries `names` are not installed."""

    def load(name: str) -> ModuleType:
        if name in names:
            raise ImportError(name)
        return importlib.import_module(name)

    return load


def whole(kind: str, *parts: bytes) -> bytes:
    stream = choose_codec(kind).stream()
    return b"".join([stream.give(part) for part in parts]) + stream.finish()


def test_zstd_is_a_single_zstd_frame() -> None:
    decompressor = zstandard.ZstdDecompressor().decompressobj()

    assert decompressor.decompress(whole("zstd", b"ab", b"", b"c")) == b"abc"
    assert decompressor.eof
    assert decompressor.unused_data == b""


def test_zlib_is_a_zlib_stream_and_not_raw_deflate() -> None:
    assert zlib.decompress(whole("zlib", b"ab", b"c")) == b"abc"


def test_gzip_is_a_gzip_file() -> None:
    assert gzip.decompress(whole("gzip", b"ab", b"c")) == b"abc"


def test_none_leaves_the_bytes_as_they_are() -> None:
    assert whole("none", b"ab", b"c") == b"abc"


@pytest.mark.parametrize(
    ("kind", "content_encoding"),
    [("zstd", "zstd"), ("zlib", "deflate"), ("gzip", "gzip"), ("none", "identity")],
)
def test_the_content_encoding_is_the_value_of_the_header(kind: str, content_encoding: str) -> None:
    assert choose_codec(kind).content_encoding == content_encoding


@pytest.mark.parametrize(
    ("kind", "missing", "content_encoding"),
    [
        ("zstd", ("zstandard",), "deflate"),
        ("zstd", ("zstandard", "zlib"), "identity"),
        ("zlib", ("zlib",), "identity"),
        ("zlib", ("zstandard",), "deflate"),
        ("gzip", ("zlib",), "identity"),
    ],
)
def test_a_library_that_is_not_installed_is_replaced(
    kind: str, missing: tuple[str, ...], content_encoding: str
) -> None:
    assert choose_codec(kind, load=without(*missing)).content_encoding == content_encoding


def test_no_library_is_loaded_for_no_compression() -> None:
    codec = choose_codec("none", load=without("zstandard", "zlib"))

    assert codec.content_encoding == "identity"


def test_an_unknown_compression_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown compression 'lz4'"):
        choose_codec("lz4")


def test_the_zstd_level_is_used() -> None:
    data = b"".join(b"shop.checkout.%d,env:prod,host:%d;" % (n * n, n) for n in range(5000))

    def size(level: int) -> int:
        stream = choose_codec("zstd", zstd_level=level).stream()
        return len(stream.give(data) + stream.finish())

    assert size(19) < size(1)


@pytest.mark.parametrize("kind", ["zstd", "zlib", "gzip"])
def test_a_settled_stream_has_written_out_all_that_it_was_given(kind: str) -> None:
    stream = choose_codec(kind).stream()
    ready = stream.give(b"abc" * 100) + stream.settle()

    if kind == "zstd":
        assert zstandard.ZstdDecompressor().decompressobj().decompress(ready) == b"abc" * 100
    else:
        window_bits = 31 if kind == "gzip" else 15
        assert zlib.decompressobj(window_bits).decompress(ready) == b"abc" * 100


@pytest.mark.parametrize("kind", ["zstd", "zlib", "gzip"])
def test_the_capacity_of_a_small_room_is_not_positive(kind: str) -> None:
    assert choose_codec(kind).capacity(100) <= 0


@pytest.mark.parametrize("kind", ["zstd", "zlib", "gzip"])
def test_incompressible_bytes_of_the_largest_capacity_fit(kind: str) -> None:
    room_bytes = 2_621_440
    codec = choose_codec(kind)
    data = random.Random(3).randbytes(codec.capacity(room_bytes))
    stream = codec.stream()

    body = stream.give(data) + stream.settle() + stream.finish()

    assert len(data) < len(body) <= room_bytes


def test_uncompressed_the_capacity_is_the_room() -> None:
    assert choose_codec("none").capacity(512_000) == 512_000


def test_two_streams_of_one_codec_do_not_disturb_each_other() -> None:
    codec = choose_codec("zstd")
    first, second = codec.stream(), codec.stream()

    ones = first.give(b"1" * 1000)
    twos = second.give(b"2" * 1000)
    ones += first.give(b"1" * 1000) + first.finish()
    twos += second.give(b"2" * 1000) + second.finish()

    assert zstandard.ZstdDecompressor().decompressobj().decompress(ones) == b"1" * 2000
    assert zstandard.ZstdDecompressor().decompressobj().decompress(twos) == b"2" * 2000
