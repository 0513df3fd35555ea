"""Asking a proxy for a tunnel: CONNECT, before the connection through it belongs to TLS."""

import asyncio

import h11

from serverless_init.errors import IntakeUnreachable
from serverless_init.wire.http_connection import Origin, authority
from serverless_init.wire.proxy import Proxy


class Tunnel(asyncio.Protocol):
    """The protocol of a connection until the proxy has answered."""

    def __init__(self, proxy: Proxy, origin: Origin) -> None:
        self._proxy = proxy
        self._target = authority(origin)
        self._http = h11.Connection(h11.CLIENT)
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, transport: asyncio.Transport) -> None:
        """Return when the tunnel is open; raises `IntakeUnreachable`, phase ``proxy``."""
        headers = [("Host", self._target), *self._proxy.headers]
        request = h11.Request(method="CONNECT", target=self._target, headers=headers)
        transport.write(self._http.send(request) or b"")
        transport.write(self._http.send(h11.EndOfMessage()) or b"")
        await self._answered

    def data_received(self, data: bytes) -> None:
        """From asyncio: bytes of the proxy's answer."""
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
            while isinstance(event, h11.InformationalResponse):
                event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            self._fail(f"broken reply: {error}")
            return
        if not isinstance(event, h11.Response):
            return
        if not 200 <= event.status_code < 300:
            self._fail(f"answers {event.status_code} to CONNECT {self._target}")
        elif not self._answered.done():
            self._answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """From asyncio: the connection is gone."""
        self._fail(str(error or "") or "closed before it answered")

    def _fail(self, why: str) -> None:
        if not self._answered.done():
            origin = self._proxy.origin
            text = f"{origin.scheme}://{authority(origin)} {why}"
            self._answered.set_exception(IntakeUnreachable("proxy", text))
