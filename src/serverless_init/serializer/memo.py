"""Encoded fragments that many items of one batch share: tags, hosts, names, timestamps."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memo(dict[Key, Value], Generic[Key, Value]):
    """`encode`, computed once per distinct key: ``memo[key]``, at dictionary speed.

    `trim` keeps it within `entries_max`; the owner calls it between items, so an item's own keys
    never vanish while it is being encoded.
    """

    __slots__ = ("_encode", "_entries_max")

    def __init__(self, encode: Callable[[Key], Value], *, entries_max: int = 4096) -> None:
        super().__init__()
        self._encode = encode
        self._entries_max = entries_max

    def __missing__(self, key: Key) -> Value:
        value = self[key] = self._encode(key)
        return value

    def trim(self) -> None:
        """Forget everything once there are more than `entries_max` keys."""
        if len(self) > self._entries_max:
            self.clear()
