"""``/info``: what a tracer learns of us before it sends anything.

Tracers decide by it: which version of the API they use, whether they compute statistics, whether
they may drop what nobody samples. The keys and their order are the trace agent's.
"""

import hashlib
import json
from dataclasses import dataclass

from serverless_init import __version__
from serverless_init.config import (
    Configuration,
    DogStatsDSettings,
    ObfuscationSettings,
    PassingSettings,
    ReceiverSettings,
    SamplingSettings,
    TraceSettings,
    TraceStatsSettings,
)
from serverless_init.traces.passing import EVP_HEADERS
from serverless_init.traces.span_stats import PEER_TAGS

ENDPOINTS = (
    "/v0.3/traces",
    "/v0.3/services",
    "/v0.4/traces",
    "/v0.4/services",
    "/v0.5/traces",
    "/v0.7/traces",
    "/v1.0/traces",
    "/profiling/v1/input",
    "/telemetry/proxy/",
    "/v0.6/stats",
    "/v0.1/pipeline_stats",
    "/openlineage/api/v1/lineage",
    "/evp_proxy/v1/",
    "/evp_proxy/v2/",
    "/evp_proxy/v3/",
    "/evp_proxy/v4/",
    "/debugger/v1/input",
    "/debugger/v1/diagnostics",
    "/debugger/v2/input",
    "/symdb/v1/input",
    "/dogstatsd/v1/proxy",
    "/dogstatsd/v2/proxy",
    "/tracer_flare/v1",
)
_OBFUSCATION_VERSION = 1


@dataclass(frozen=True, slots=True)
class Info:
    """The answer's bytes, and their digest, which stands in every other answer."""

    body: bytes
    state: str


def info_of(configuration: Configuration, *, default_env: str) -> Info:
    """What ``/info`` answers."""
    settings, sampling = configuration.of(TraceSettings), configuration.of(SamplingSettings)
    stats = configuration.of(TraceStatsSettings)
    told = {
        "version": __version__,
        "git_commit": "",
        "endpoints": _endpoints(configuration.of(PassingSettings)),
        # Tracers may drop what they do not sample only where somebody else counts it.
        "client_drop_p0s": not sampling.probabilistic_enabled,
        "span_meta_structs": True,
        "long_running_spans": True,
        "span_events": True,
        "evp_proxy_allowed_headers": list(EVP_HEADERS),
        "config": _config(configuration, default_env),
        "peer_tags": sorted({*PEER_TAGS, *stats.peer_tags}) if stats.peer_tags_enabled else [],
        "span_kinds_stats_computed": ["server", "consumer", "client", "producer"],
        "obfuscation_version": _OBFUSCATION_VERSION,
        "filter_tags": {
            "require": list(settings.tags_required),
            "reject": list(settings.tags_rejected),
        },
        "filter_tags_regex": {
            "require": list(settings.tag_patterns_required),
            "reject": list(settings.tag_patterns_rejected),
        },
        "ignore_resources": list(settings.ignore_resources),
    }
    body = json.dumps(told, indent="\t").encode()
    return Info(body, hashlib.sha256(body).hexdigest())


def _endpoints(passing: PassingSettings) -> list[str]:
    off = {
        "/telemetry/proxy/": not passing.telemetry_enabled,
        "/openlineage/api/v1/lineage": not passing.lineage_enabled,
    }
    return [
        endpoint
        for endpoint in ENDPOINTS
        if not off.get(endpoint) and (passing.evp_enabled or "/evp_proxy/" not in endpoint)
    ]


def _config(configuration: Configuration, default_env: str) -> dict[str, object]:
    receiver, sampling = configuration.of(ReceiverSettings), configuration.of(SamplingSettings)
    return {
        "default_env": default_env,
        "target_tps": sampling.target_tps,
        "max_eps": sampling.events_per_second_max,
        "receiver_port": receiver.port,
        "receiver_socket": receiver.socket,
        "connection_limit": receiver.connections_max,
        "receiver_timeout": int(receiver.timeout_s),
        "max_request_bytes": receiver.payload_bytes_max,
        "statsd_port": configuration.of(DogStatsDSettings).port,
        "analyzed_spans_by_service": dict(sampling.event_rates),
        "obfuscation": _obfuscation(configuration.of(ObfuscationSettings)),
    }


def _obfuscation(settings: ObfuscationSettings) -> dict[str, object]:
    return {
        "elastic_search": settings.elasticsearch_enabled,
        "mongo": settings.mongodb_enabled,
        "sql_obfuscation_mode": settings.sql_mode,
        "http": {
            "remove_query_string": settings.http_query_removed,
            "remove_path_digits": settings.http_digits_removed,
        },
        "remove_stack_traces": settings.stack_traces_removed,
        "redis": {
            "enabled": settings.redis_enabled,
            "remove_all_args": settings.redis_all_arguments,
        },
        "valkey": {
            "enabled": settings.valkey_enabled,
            "remove_all_args": settings.valkey_all_arguments,
        },
        "memcached": {
            "enabled": settings.memcached_enabled,
            "keep_command": settings.memcached_command_kept,
        },
    }
