"""Undoing ``Content-Encoding``, with a bound on what comes out."""

from collections.abc import Callable
from typing import Protocol

from serverless_init.errors import RequestRefused, Undecodable

# How much of the window zlib remembers, and whose header it expects.
_ZLIB_HEADER, _GZIP_HEADER = 15, 15 | 16

# zstd's densest block makes 128 KiB of 4 bytes, so one step makes 8 MiB at the most.
_STEP_BYTES = 256


class _Stream(Protocol):
    """A decompressor of one stream, as zlib and zstandard have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def inflate(body: bytes, encoding: str, *, bytes_max: int) -> bytes:
    """`body` without its encoding: ``gzip``, ``deflate`` (zlib), ``zstd`` or none.

    Raises `Undecodable` for damaged bytes and unknown encodings, `RequestRefused` (413) beyond
    `bytes_max`.
    """
    match encoding.strip().lower():
        case "" | "identity":
            plain = body
        case "gzip" | "x-gzip":
            plain = _by_zlib(body, _GZIP_HEADER, bytes_max)
        case "deflate":
            plain = _by_zlib(body, _ZLIB_HEADER, bytes_max)
        case "zstd":
            plain = _by_zstd(body, bytes_max)
        case unknown:
            raise Undecodable(f"the content encoding {unknown[:40]!r} is unknown")
    if len(plain) > bytes_max:
        raise RequestRefused(413, f"a decompressed body has at most {bytes_max} bytes")
    return plain


def _by_zlib(body: bytes, header: int, bytes_max: int) -> bytes:
    # An interpreter may have been built without it.
    import zlib

    return _decompress(body, lambda: zlib.decompressobj(header), zlib.error, bytes_max)


def _by_zstd(body: bytes, bytes_max: int) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise Undecodable("a zstd body needs the zstandard package") from None
    new_stream = zstandard.ZstdDecompressor().decompressobj
    return _decompress(body, new_stream, zstandard.ZstdError, bytes_max)


def _decompress(
    body: bytes, new_stream: Callable[[], _Stream], error: type[Exception], bytes_max: int
) -> bytes:
    """The plain bytes, or the first few beyond `bytes_max`. Streams may follow one another."""
    stream, plain, at = new_stream(), bytearray(), 0
    while at < len(body) and len(plain) <= bytes_max:
        if stream.eof:
            stream = new_stream()
        step = body[at : at + _STEP_BYTES]
        try:
            plain += stream.decompress(step)
        except error as reason:
            raise Undecodable(f"the body does not decompress: {reason}") from None
        at += len(step) - len(stream.unused_data)
    if at == len(body) and body and not stream.eof:
        raise Undecodable("the compressed body is cut off")
    return bytes(plain)
