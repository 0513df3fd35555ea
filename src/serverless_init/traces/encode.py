"""Traces as the intake takes them: ``AgentPayload`` in protobuf.

Fields: `AgentPayload` hostName 1, env 2, tracerPayloads 5, agentVersion 7, targetTPS 8, errorTPS 9,
rareSamplerEnabled 10; the others at what writes them. Chunks are `encode_chunk`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from serverless_init.model import TracerPayload
from serverless_init.serializer import protobuf
from serverless_init.traces.encode_chunk import text_map, utf8
from serverless_init.traces.twin import ChunkEncoder

delimited, string = protobuf.delimited, protobuf.string
integer, double = protobuf.integer, protobuf.double

PAYLOAD_BYTES_MAX = 3_200_000
"""When a payload is this long it is closed; one chunk alone may be longer."""


@dataclass(frozen=True, slots=True)
class EncodedTraces:
    """One ``tracerPayloads`` field, how many spans are in it, and in which language they arose."""

    content: bytes
    spans: int
    language: str


class TraceEncoder:
    """Encodes payloads one after the other."""

    def __init__(self) -> None:
        self._chunks = ChunkEncoder()

    def encode(self, payload: TracerPayload) -> Iterator[EncodedTraces]:
        """`payload` in parts of at most `PAYLOAD_BYTES_MAX`, each with the whole header."""
        header = _header(payload)
        chunks: list[bytes] = []
        size, spans = len(header), 0
        for chunk in payload.chunks:
            encoded = delimited(b"\x32", self._chunks.encode(chunk))
            if chunks and size + len(encoded) > PAYLOAD_BYTES_MAX:
                yield _part(header, chunks, spans, payload.language_name)
                chunks, size, spans = [], len(header), 0
            chunks.append(encoded)
            size += len(encoded)
            spans += len(chunk.spans)
        if chunks:
            yield _part(header, chunks, spans, payload.language_name)


class AgentPayload:
    """What stands once in a request, as its `end`, after the tracers' payloads."""

    def __init__(
        self,
        *,
        hostname: str,
        env: str,
        agent_version: str,
        target_tps: float,
        errors_tps: float,
        is_rare_enabled: bool,
    ) -> None:
        self.end = b"".join(
            (
                string(b"\x0a", utf8(hostname)),
                string(b"\x12", utf8(env)),
                string(b"\x3a", utf8(agent_version)),
                double(b"\x41", target_tps),
                double(b"\x49", errors_tps),
                integer(b"\x50", is_rare_enabled),
            )
        )


def _header(payload: TracerPayload) -> bytes:
    """TracerPayload: containerID 1, languageName 2, languageVersion 3, tracerVersion 4, runtimeID
    5, chunks 6, tags 7, env 8, hostname 9, appVersion 10.
    """
    return b"".join(
        (
            string(b"\x0a", utf8(payload.container_id)),
            string(b"\x12", utf8(payload.language_name)),
            string(b"\x1a", utf8(payload.language_version)),
            string(b"\x22", utf8(payload.tracer_version)),
            string(b"\x2a", utf8(payload.runtime_id)),
            *text_map(b"\x3a", payload.tags),
            string(b"\x42", utf8(payload.env)),
            string(b"\x4a", utf8(payload.hostname)),
            string(b"\x52", utf8(payload.app_version)),
        )
    )


def _part(header: bytes, chunks: list[bytes], spans: int, language: str) -> EncodedTraces:
    content = delimited(b"\x2a", b"".join((header, *chunks)))
    return EncodedTraces(content, spans, language)
