"""Floor 2: the sockets on which telemetry arrives, bound and read before anything else exists."""

from serverless_init.reception.backlog import Reception
from serverless_init.reception.sockets import (
    bind_tcp,
    bind_udp,
    bind_unix_datagram,
    bind_unix_stream,
)
from serverless_init.reception.sources import ReceptionStats

__all__ = [
    "Reception",
    "ReceptionStats",
    "bind_tcp",
    "bind_udp",
    "bind_unix_datagram",
    "bind_unix_stream",
]
