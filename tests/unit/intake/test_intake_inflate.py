"""Content encodings, whole, damaged, concatenated and too large."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard

from serverless_init.errors import RequestRefused, Undecodable
from serverless_init.wire.inflate import inflate

PLAIN = bytes(range(256)) * 40

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("encoding", ENCODERS)
def test_an_encoded_body_is_decoded(encoding: str) -> None:
    assert inflate(ENCODERS[encoding](PLAIN), encoding, bytes_max=len(PLAIN)) == PLAIN


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_a_plain_body_stays_as_it_is(encoding: str) -> None:
    assert inflate(PLAIN, encoding, bytes_max=len(PLAIN)) == PLAIN


@pytest.mark.parametrize("encoding", ENCODERS)
def test_streams_one_after_the_other_are_one_body(encoding: str) -> None:
    encode = ENCODERS[encoding]
    assert inflate(encode(b"ab") + encode(PLAIN), encoding, bytes_max=20_000) == b"ab" + PLAIN


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_body_that_is_cut_off_is_undecodable(encoding: str) -> None:
    with pytest.raises(Undecodable, match="the compressed body is cut off"):
        inflate(ENCODERS[encoding](PLAIN)[:-1], encoding, bytes_max=20_000)


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_damaged_body_is_undecodable(encoding: str) -> None:
    with pytest.raises(Undecodable, match="the body does not decompress"):
        inflate(b"\x00\x01\x02\x03\x04", encoding, bytes_max=20_000)


@pytest.mark.parametrize("encoding", ENCODERS)
def test_an_empty_body_is_empty_whatever_its_encoding(encoding: str) -> None:
    assert inflate(b"", encoding, bytes_max=10) == b""


@pytest.mark.parametrize("encoding", [*ENCODERS, "identity"])
def test_a_body_too_large_once_decoded_is_refused(encoding: str) -> None:
    body = ENCODERS.get(encoding, bytes)(PLAIN)
    with pytest.raises(RequestRefused, match="at most 10239 bytes") as raised:
        inflate(body, encoding, bytes_max=len(PLAIN) - 1)
    assert raised.value.status == 413


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_bomb_is_refused_without_being_unpacked(encoding: str) -> None:
    bomb = ENCODERS[encoding](bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(RequestRefused):
        inflate(bomb, encoding, bytes_max=1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000


def test_an_unknown_encoding_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="the content encoding 'br' is unknown"):
        inflate(b"", "br", bytes_max=10)
