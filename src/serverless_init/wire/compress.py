"""Codecs: how a request's body is compressed, as a stream whose size stays predictable.

The libraries are imported when a codec is chosen, never before: a codec that is not used costs
nothing, and one that is not installed is replaced by the next one, zstd by zlib and zlib by none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

# Worst case of incompressible data. zstd adds 3 bytes per block of at most 128 KiB and, for data
# that it splits, never more than 1/256; deflate adds 5 bytes per stored block, of 16 KiB or more.
# Beyond that: header, the mark of one settling, end mark and checksum, together below 64 bytes,
# and 64 for zstd's own allowance for small inputs.
_EXPANSION = 256
_FRAMING_BYTES = 128

# The header's value for each kind.
_ENCODINGS = {"zstd": "zstd", "zlib": "deflate", "gzip": "gzip", "none": "identity"}

_ZLIB_LEVEL = 6
_WINDOW_BITS = 15
_GZIP_WINDOW_BITS = _WINDOW_BITS + 16


class CompressStream(Protocol):
    """One compressed body in the making. Each call returns the bytes that are ready."""

    def give(self, data: bytes) -> bytes:
        """Compress `data`; the result may stay inside for now."""

    def settle(self) -> bytes:
        """Everything given so far, written out; the stream goes on."""

    def finish(self) -> bytes:
        """Everything given so far and the end mark; the stream is over."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to compress. `content_encoding` is the header's value."""

    content_encoding: str
    stream: Callable[[], CompressStream]

    def is_of(self, kind: str) -> bool:
        """Whether this compresses as `kind` asks, and does not replace it."""
        return self.content_encoding == _ENCODINGS[kind]

    def compress(self, body: bytes) -> bytes:
        """All of `body` as one stream."""
        stream = self.stream()
        return stream.give(body) + stream.finish()

    def capacity(self, room_bytes: int, *, streams: int = 1) -> int:
        """How many bytes, whatever they are, surely fit into `room_bytes` when compressed.

        In all, when they are compressed as so many streams. May be negative. The room left by a
        settled stream also holds the stream's end mark.
        """
        if self.content_encoding == "identity":
            return room_bytes
        return room_bytes - room_bytes // _EXPANSION - _FRAMING_BYTES * streams


def choose_codec(
    kind: str,
    *,
    zstd_level: int = 1,
    load: Callable[[str], ModuleType] = import_module,
) -> Codec:
    """The codec for `kind` (``zstd``, ``zlib``, ``gzip``, ``none``), or what replaces it.

    `load` imports a library by name. What was chosen is in the result's `content_encoding`.
    """
    match kind:
        case "zstd":
            return _zstd(zstd_level, load) or choose_codec("zlib", load=load)
        case "zlib":
            return _zlib(_ENCODINGS[kind], _WINDOW_BITS, load) or choose_codec("none")
        case "gzip":
            return _zlib(_ENCODINGS[kind], _GZIP_WINDOW_BITS, load) or choose_codec("none")
        case "none":
            return Codec(_ENCODINGS[kind], _Identity)
        case _:
            raise ValueError(f"unknown compression {kind!r}")


class _Identity:
    def give(self, data: bytes) -> bytes:
        return data

    def settle(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return b""


class _Compressing:
    """A stream over a compress object of zlib or zstandard: they differ in their flush marks."""

    __slots__ = ("_compress", "_finish", "_flush", "_settle")

    def __init__(self, compressor: Any, *, settle: int, finish: int) -> None:
        self._compress: Callable[[bytes], bytes] = compressor.compress
        self._flush: Callable[[int], bytes] = compressor.flush
        self._settle = settle
        self._finish = finish

    def give(self, data: bytes) -> bytes:
        return self._compress(data)

    def settle(self) -> bytes:
        return self._flush(self._settle)

    def finish(self) -> bytes:
        return self._flush(self._finish)


def _zstd(level: int, load: Callable[[str], ModuleType]) -> Codec | None:
    try:
        zstd = load("zstandard")
    except ImportError:
        return None

    def stream() -> CompressStream:
        # A compressor of its own per body: bodies may be open at the same time, and an idle
        # process keeps no compression tables. Making one takes 15 microseconds.
        compressor = zstd.ZstdCompressor(level=level).compressobj()
        return _Compressing(
            compressor,
            settle=zstd.COMPRESSOBJ_FLUSH_BLOCK,
            finish=zstd.COMPRESSOBJ_FLUSH_FINISH,
        )

    return Codec("zstd", stream)


def _zlib(
    content_encoding: str, window_bits: int, load: Callable[[str], ModuleType]
) -> Codec | None:
    try:
        zlib = load("zlib")
    except ImportError:
        return None

    def stream() -> CompressStream:
        compressor = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, window_bits)
        return _Compressing(compressor, settle=zlib.Z_SYNC_FLUSH, finish=zlib.Z_FINISH)

    return Codec(content_encoding, stream)
