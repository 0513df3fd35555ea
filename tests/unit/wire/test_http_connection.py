import asyncio
import socket
from contextlib import suppress

from serverless_init.wire import ClientRequest, Origin, Progress
from serverless_init.wire.http_connection import Connection


def test_a_request_counts_as_sent_when_the_kernel_has_its_last_byte() -> None:
    async def story() -> None:
        ours, theirs = socket.socketpair()
        # A small kernel buffer, so that the last bytes leave ours in small pieces.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        theirs.setblocking(False)
        origin = Origin("http", "intake.test", 80)
        connection = Connection(origin)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: connection, sock=ours)
        progress = Progress()
        request = ClientRequest(origin, "POST", "/", (), bytes(200_000))
        asking = asyncio.create_task(connection.ask(request, progress), name="ask")
        # asyncio's own low-water mark is 16 KiB: with it the end would count as sent too early.
        phases_near_the_end = set()
        while progress.phase != "read":
            await asyncio.sleep(0)
            if 0 < transport.get_write_buffer_size() <= 16_384:
                phases_near_the_end.add(progress.phase)
            # Not awaited: when the last byte is here, nothing more comes to wait for.
            with suppress(BlockingIOError):
                theirs.recv(4096)
        assert transport.get_write_buffer_size() == 0
        assert phases_near_the_end == {"write"}
        asking.cancel()
        await asyncio.wait([asking])
        connection.abort()
        await asyncio.sleep(0)
        theirs.close()

    asyncio.run(asyncio.wait_for(story(), 10))
