"""Statistics of spans as they travel: from tracers that compute them, and to the intake.

The names on the wire are those of the public message's fields. ``start`` and ``duration`` are
nanoseconds; summaries are DDSketch messages. The library encodes and decodes by these declarations.
"""

import msgspec

TRUE, FALSE = 1, 2
"""How `is_trace_root` says yes and no; 0 says nothing."""


class StatsGroup(msgspec.Struct, rename="pascal", gc=False):
    """The spans of one bucket that are alike in all these respects."""

    service: str = ""
    name: str = ""
    resource: str = ""
    http_status_code: int = msgspec.field(default=0, name="HTTPStatusCode")
    type: str = ""
    db_type: str = msgspec.field(default="", name="DBType")
    hits: int = 0
    errors: int = 0
    duration: int = 0
    ok_summary: bytes | None = b""
    error_summary: bytes | None = b""
    synthetics: bool = False
    top_level_hits: int = 0
    span_kind: str = ""
    peer_tags: list[str] | None = msgspec.field(default_factory=list)
    is_trace_root: int = 0
    grpc_status_code: str = msgspec.field(default="", name="GRPCStatusCode")
    http_method: str = msgspec.field(default="", name="HTTPMethod")
    http_endpoint: str = msgspec.field(default="", name="HTTPEndpoint")
    service_source: str = msgspec.field(default="", name="srv_src")
    span_derived_primary_tags: list[str] | None = msgspec.field(default_factory=list)
    additional_metric_tags: list[str] | None = msgspec.field(default_factory=list)


class StatsBucket(msgspec.Struct, rename="pascal"):
    """Ten seconds, by default, of one tracer's spans."""

    start: int = 0
    duration: int = 0
    stats: list[StatsGroup] | None = msgspec.field(default_factory=list)
    agent_time_shift: int = 0


class ClientStatsPayload(msgspec.Struct, rename="pascal"):
    """Buckets of one tracer, or of one kind of container."""

    hostname: str = ""
    env: str = ""
    version: str = ""
    stats: list[StatsBucket] | None = msgspec.field(default_factory=list)
    lang: str = ""
    tracer_version: str = ""
    runtime_id: str = msgspec.field(default="", name="RuntimeID")
    sequence: int = 0
    agent_aggregation: str = ""
    service: str = ""
    container_id: str = msgspec.field(default="", name="ContainerID")
    tags: list[str] | None = msgspec.field(default_factory=list)
    git_commit_sha: str = ""
    image_tag: str = ""
    process_tags_hash: int = 0
    process_tags: str = ""


class StatsPayload(msgspec.Struct, rename="pascal"):
    """One request's worth of them."""

    agent_hostname: str = ""
    agent_env: str = ""
    stats: list[ClientStatsPayload] = msgspec.field(default_factory=list)
    agent_version: str = ""
    client_computed: bool = False
    split_payload: bool = False
