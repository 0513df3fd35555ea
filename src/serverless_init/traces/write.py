"""The writers: what is kept of traces, and their statistics, become payloads for delivery.

Both gather until they are flushed. Traces are encoded and compressed as they come, so that what
waits is few bytes; when as many wait as one payload may have, they are passed on at once.
"""

from functools import partial

from serverless_init.model import (
    TRACE_STATS_V02,
    TRACES_V02,
    Payload,
    PayloadKind,
    PayloadSink,
    TracerPayload,
)
from serverless_init.traces.encode import (
    PAYLOAD_BYTES_MAX,
    AgentPayload,
    EncodedTraces,
    TraceEncoder,
)
from serverless_init.traces.stats_encode import encode_stats, groups_of
from serverless_init.traces.stats_payload import ClientStatsPayload
from serverless_init.wire import Codec, CompressStream

_LANGUAGES = "X-Datadog-Reported-Languages"


class TraceWriter:
    """Takes payloads after their processing. `spans_passed_on` counts those given to `out`."""

    def __init__(self, frame: AgentPayload, *, codec: Codec, out: PayloadSink) -> None:
        self._frame = frame
        self._codec = codec
        self._out = out
        self._encoder = TraceEncoder()
        self._body: _Body | None = None
        self.spans_passed_on = 0

    @property
    def held(self) -> int:
        """The spans that wait."""
        return self._body.spans if self._body else 0

    def add(self, payload: TracerPayload) -> None:
        """Keep what `payload` holds until the next flush."""
        for part in self._encoder.encode(payload):
            if self._body and self._body.size + len(part.content) > PAYLOAD_BYTES_MAX:
                self.flush()
            self._body = self._body or _Body(self._codec.stream())
            self._body.add(part)

    def flush(self) -> None:
        """Pass on what waits."""
        body, self._body = self._body, None
        if body is None:
            return
        self._out.submit(
            Payload(
                PayloadKind.TRACES,
                TRACES_V02,
                body.finish(self._frame.end),
                "application/x-protobuf",
                self._codec.content_encoding,
                points=body.parts,
                samples=body.spans,
                headers=((_LANGUAGES, "|".join(sorted(body.languages - {""}))),),
            )
        )
        self.spans_passed_on += body.spans


class _Body:
    """A request in the making. `size` is that of its bytes before compression."""

    def __init__(self, stream: CompressStream) -> None:
        self._stream = stream
        self._compressed: list[bytes] = []
        self.languages: set[str] = set()
        self.size = self.parts = self.spans = 0

    def add(self, part: EncodedTraces) -> None:
        self._compressed.append(self._stream.give(part.content))
        self.languages.add(part.language)
        self.size += len(part.content)
        self.parts += 1
        self.spans += part.spans

    def finish(self, end: bytes) -> bytes:
        """All of it, and `end` after it."""
        return b"".join((*self._compressed, self._stream.give(end), self._stream.finish()))


class StatsWriter:
    """Takes statistics, those that we have counted and those of tracers, which stay apart.

    `groups_passed_on` counts the groups that were given to `out`.
    """

    def __init__(
        self, *, hostname: str, env: str, version: str, codec: Codec, out: PayloadSink
    ) -> None:
        self._encode = partial(encode_stats, hostname=hostname, env=env, agent_version=version)
        self._codec = codec
        self._out = out
        self._clients: list[ClientStatsPayload] = []
        self.held = 0
        self.groups_passed_on = 0

    def add_of_client(self, payload: ClientStatsPayload) -> None:
        """Keep what a tracer has counted until the next flush."""
        self._clients.append(payload)
        self.held += groups_of(payload)

    def flush(self, counted: list[ClientStatsPayload]) -> None:
        """Pass on what waits, and what we have `counted`."""
        self._submit(self._clients, is_client_computed=True)
        self._submit(counted, is_client_computed=False)
        self._clients = []
        self.held = 0

    def _submit(self, payloads: list[ClientStatsPayload], *, is_client_computed: bool) -> None:
        for encoded in self._encode(payloads, is_client_computed=is_client_computed):
            self._out.submit(
                Payload(
                    PayloadKind.TRACE_STATS,
                    TRACE_STATS_V02,
                    self._codec.compress(encoded.body),
                    "application/msgpack",
                    self._codec.content_encoding,
                    points=encoded.groups,
                    samples=encoded.groups,
                )
            )
            self.groups_passed_on += encoded.groups
