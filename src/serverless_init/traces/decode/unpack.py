"""A tolerant MessagePack reader: text that is not UTF-8 is repaired, trailing bytes are ignored.

Source: the public MessagePack specification. Written for what the library's strict decoder has
refused, so for reading, not for speed.
"""

import struct

from serverless_init.errors import Undecodable

ENTRIES_MAX = 500_000
"""Entries of one array or map, as in the Agent."""

_ITEMS_MAX = 4_000_000
_DEPTH_MAX = 100

Tree = None | bool | int | float | str | bytes | list["Tree"] | dict["Tree", "Tree"] | tuple[()]
"""What a body holds; an extension, which no tracer sends, is the empty tuple."""

_NUMBERS = {
    0xCA: struct.Struct(">f"),
    0xCB: struct.Struct(">d"),
    0xCC: struct.Struct(">B"),
    0xCD: struct.Struct(">H"),
    0xCE: struct.Struct(">I"),
    0xCF: struct.Struct(">Q"),
    0xD0: struct.Struct(">b"),
    0xD1: struct.Struct(">h"),
    0xD2: struct.Struct(">i"),
    0xD3: struct.Struct(">q"),
}
_CONSTANTS: dict[int, Tree] = {0xC0: None, 0xC2: False, 0xC3: True}
# First byte to how many bytes the length takes.
_BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_TEXT = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


def unpack(body: bytes) -> Tree:
    """The first value of `body`. Raises `Undecodable`, and nothing else."""
    return _Reader(body).value(0)


class _Reader:
    """Reads values one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._items = 0

    def value(self, depth: int) -> Tree:
        """The next value, `depth` containers deep."""
        first = self._take(1)[0]
        self._items += 1
        if depth > _DEPTH_MAX or self._items > _ITEMS_MAX:
            raise Undecodable("too deeply nested" if depth > _DEPTH_MAX else "too many values")
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 0x100
        if first < 0xC0:
            return self._short(first, depth)
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first in _NUMBERS:
            number = _NUMBERS[first]
            unpacked: Tree = number.unpack(self._take(number.size))[0]
            return unpacked
        return self._long(first, depth)

    def _short(self, first: int, depth: int) -> Tree:
        """A map, an array or text whose length is in its first byte."""
        if first < 0x90:
            return self._map(first & 0x0F, depth)
        if first < 0xA0:
            return self._array(first & 0x0F, depth)
        return self._text(first & 0x1F)

    def _long(self, first: int, depth: int) -> Tree:
        """Something whose length follows."""
        if first in _TEXT:
            return self._text(self._length(_TEXT[first]))
        if first in _BYTES:
            return self._take(self._length(_BYTES[first]))
        if first in _ARRAYS:
            return self._array(self._length(_ARRAYS[first]), depth)
        if first in _MAPS:
            return self._map(self._length(_MAPS[first]), depth)
        if first in _EXTENSIONS:
            self._take(self._length(_EXTENSIONS[first]) + 1)
            return ()
        if first in _FIXED_EXTENSIONS:
            self._take(_FIXED_EXTENSIONS[first] + 1)
            return ()
        raise Undecodable(f"unknown type byte 0x{first:02x} at byte {self._at - 1}")

    def _array(self, length: int, depth: int) -> Tree:
        self._check(length, length)
        return [self.value(depth + 1) for _ in range(length)]

    def _map(self, length: int, depth: int) -> Tree:
        self._check(length, 2 * length)
        entries: dict[Tree, Tree] = {}
        for _ in range(length):
            key = self.value(depth + 1)
            if isinstance(key, list | dict):
                raise Undecodable("a map has a container as a key")
            entries[key] = self.value(depth + 1)
        return entries

    def _text(self, length: int) -> str:
        return self._take(length).decode("utf-8", "replace")

    def _length(self, width: int) -> int:
        return int.from_bytes(self._take(width), "big")

    def _take(self, length: int) -> bytes:
        taken = self._body[self._at : self._at + length]
        if len(taken) < length:
            raise Undecodable("too few bytes left to read object")
        self._at += length
        return taken

    def _check(self, length: int, bytes_min: int) -> None:
        """An honest container has a byte per item, and not too many."""
        if length > ENTRIES_MAX:
            raise Undecodable(f"{length} entries in one array or map; {ENTRIES_MAX} are allowed")
        if length and len(self._body) - self._at < bytes_min:
            raise Undecodable("too few bytes left to read object")
