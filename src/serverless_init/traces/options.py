"""What the receiver and everything behind it are made of, before any of it is loaded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from serverless_init.config import Configuration, PassingSettings, ReceiverSettings
from serverless_init.model import PayloadSink, Span, TraceChunk
from serverless_init.wire import HttpClient, Origin, ServerLimits

_REQUEST_S = 5.0
_IDLE_S = 60.0
_BODIES_BYTES_MIN = 67_108_864


@dataclass(frozen=True, slots=True)
class TracesOptions:
    """`spans` and `statistics` take payloads; `statsd` takes packets for DogStatsD, None without.

    Other products' requests go through `client` with the key that `api_key` gives, those for traces
    to `apm`; to `instead` go all of them. `platform`, `tags` and the others say where we are.

    `adopt` is shown every chunk of spans before they are counted, and may change whose children
    they are. `last` gives spans of our own, to be taken behind those of all tracers; because they
    will come, everything is loaded at the start.
    """

    configuration: Configuration
    spans: PayloadSink
    statistics: PayloadSink
    client: HttpClient
    api_key: Callable[[], str]
    apm: Origin
    statsd: Callable[[list[bytes]], None] | None = None
    instead: Origin | None = None
    platform: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    function_tags: str = ""
    profile_tags: Mapping[str, str] = field(default_factory=dict)
    adopt: Callable[[Iterable[Span]], None] | None = None
    last: Callable[[], TraceChunk] | None = None


def server_limits(configuration: Configuration) -> ServerLimits:
    """What one client may ask of the receiver, and all of them together."""
    receiver, passing = configuration.of(ReceiverSettings), configuration.of(PassingSettings)
    body_bytes_max = max(
        receiver.payload_bytes_max, passing.profiling_bytes_max, passing.evp_bytes_max
    )
    return ServerLimits(
        connections_max=receiver.connections_max,
        body_bytes_max=body_bytes_max,
        bodies_bytes_max=max(_BODIES_BYTES_MIN, body_bytes_max),
        request_s=receiver.timeout_s or _REQUEST_S,
        idle_s=_IDLE_S,
    )
