"""How receivers leave the loop to others: load late, read large bodies aside, work in slices."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Generic, TypeVar

from serverless_init.clock import Clock
from serverless_init.wire.offload import offload

T = TypeVar("T")


class LoadedOnce(Generic[T]):
    """What `load` gives, away from the loop, when first wanted; `value` is None until then."""

    def __init__(self, load: Callable[[], T], *, name: str) -> None:
        self.value: T | None = None
        self._load = load
        self._name = name
        self._loading: asyncio.Future[T] | None = None

    def begin(self) -> "asyncio.Future[T]":
        """Load, if nobody has yet."""
        if self._loading is None:
            self._loading = offload(self._load, name=self._name)
        return self._loading

    async def get(self) -> T:
        """The value; who comes while it is loaded waits for the same one."""
        if self.value is None:
            self.value = await asyncio.shield(self.begin())
        return self.value


async def decode_aside(decode: Callable[[], T], body_bytes: int, *, bytes_min: int, name: str) -> T:
    """The result of `decode`, in a thread called `name` for a body of `bytes_min` or more."""
    if body_bytes < bytes_min:
        return decode()
    return await offload(decode, name=name)


async def in_slices(values: Iterable[T], slice_s: float, clock: Clock) -> AsyncIterator[T]:
    """`values`, between which the loop has its turn every `slice_s` seconds."""
    ends = clock.monotonic() + slice_s
    for value in values:
        yield value
        if clock.monotonic() >= ends:
            await asyncio.sleep(0)
            ends = clock.monotonic() + slice_s
