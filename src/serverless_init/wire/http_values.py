"""What passes between an HTTP server and its handler; what bounds and counts the server's work."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from serverless_init.errors import RequestRefused


@dataclass(frozen=True, slots=True)
class Request:
    """One request, complete. `path` and `query` are as sent, not percent-decoded.

    `headers` has lower-case names; the values of a repeated name are joined with commas.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What the handler answers."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one client may ask of the server, and with `bodies_bytes_max` all of them together.

    `request_s` is the time from a request's first byte to its last, `idle_s` that between two
    requests, `answer_s` the handler's, `write_s` the client's for taking the response, and
    `linger_s` how long the rest of a refused body is read, so that the refusal arrives.
    """

    connections_max: int = 256
    head_bytes_max: int = 16_384
    body_bytes_max: int = 16_777_216
    bodies_bytes_max: int = 67_108_864
    request_s: float = 30.0
    idle_s: float = 120.0
    answer_s: float = 60.0
    write_s: float = 30.0
    linger_s: float = 1.0


@dataclass(slots=True)
class ServerStats:
    """Counters of one server; `refused` is by status what never reached the handler."""

    connections: int = 0
    connections_refused: int = 0
    requests: int = 0
    handler_failures: int = 0
    refused: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Room:
    """How many bytes of bodies are in memory, of all connections."""

    bytes_max: int
    used: int = 0

    def take(self, count: int) -> None:
        """Raise `RequestRefused` when there is no room for `count` bytes more."""
        if self.used + count > self.bytes_max:
            raise RequestRefused(503, "too many requests at once")
        self.used += count


class Reset(Exception):
    """Raised by a handler: cut the connection with a TCP reset instead of answering."""
