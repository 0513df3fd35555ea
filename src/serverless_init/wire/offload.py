"""Blocking calls away from the event loop.

asyncio's executor is joined when the loop closes and again when the interpreter exits, so one name
lookup that hangs would hold up the exit of the container. These threads are daemons: nobody waits
for them.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def offload(call: Callable[[], T], *, name: str) -> "asyncio.Future[T]":
    """Start `call` in a thread called `name`; the future has its result or its exception."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    # The exception is looked at here, for the awaiting side may have been cancelled before.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())

    def run() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001  carried over to whoever awaits the future
            _on_loop(loop, _fail, future, error)
        else:
            _on_loop(loop, _succeed, future, result)

    try:
        threading.Thread(target=run, name=name, daemon=True).start()
    except RuntimeError as error:
        future.set_exception(OSError(str(error)))
    return future


def _on_loop(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: object) -> None:
    try:
        loop.call_soon_threadsafe(call, *args)
    except RuntimeError:
        return  # the loop has closed meanwhile: nobody awaits the future


def _succeed(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[T]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
