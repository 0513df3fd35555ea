"""What was made of text that repeats: found again at dictionary speed, within a bound."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

ENTRIES_MAX = 8192
SIZE_MAX = 256


class ShortMemo(dict[Key, Value], Generic[Key, Value]):
    """`make`, computed once per distinct key whose `size` is at most `SIZE_MAX`.

    Longer text, which a client may send without end, is computed each time. The owner calls `trim`
    now and then.
    """

    __slots__ = ("_make", "_size")

    def __init__(
        self, make: Callable[[Key], Value], size: Callable[[Key], int] | None = None
    ) -> None:
        super().__init__()
        self._make = make
        self._size = size

    def __missing__(self, key: Key) -> Value:
        value = self._make(key)
        if self._size is None or self._size(key) <= SIZE_MAX:
            self[key] = value
        return value

    def trim(self) -> None:
        """Forget everything once it is too much."""
        if len(self) > ENTRIES_MAX:
            self.clear()


def length_of_all(texts: Iterable[str]) -> int:
    """The size of a key of several texts."""
    return sum(map(len, texts))
