"""The app's output as its readers see it: the protocols of a copied stream."""

from collections.abc import Sequence
from typing import Protocol


class Chunk(Protocol):
    """What a stream has read: `data`, written at `at`, after `lost` bytes that were not kept.

    `error` is an errno when the real stream refused what the app wrote.
    """

    @property
    def data(self) -> bytes: ...
    @property
    def at(self) -> float: ...
    @property
    def lost(self) -> int: ...
    @property
    def error(self) -> int: ...


class Stream(Protocol):
    """The copy of one of the app's streams."""

    @property
    def name(self) -> str:
        """``stdout`` or ``stderr``."""

    @property
    def fd(self) -> int:
        """What can be waited for."""

    def read(self) -> Sequence[Chunk] | None:
        """What has come, without waiting; None at the end."""

    def close(self) -> None:
        """Read no more."""
