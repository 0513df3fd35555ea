"""``/info``: what a tracer learns of us before it sends anything.

Tracers decide by it: which version of the API they use, whether they compute statistics, whether
they may drop what nobody samples. The keys and their order are the trace agent's.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from serverless_init import __version__
from serverless_init.traces.passing import EVP_HEADERS

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


def info(
    *,
    endpoints: tuple[str, ...],
    config: Mapping[str, object],
    client_drops: bool,
    peer_tags: tuple[str, ...],
    filters: Mapping[str, object],
) -> Info:
    """What ``/info`` answers. `client_drops` says that tracers may drop what they do not sample."""
    told = {
        "version": __version__,
        "git_commit": "",
        "endpoints": list(endpoints),
        "client_drop_p0s": client_drops,
        "span_meta_structs": True,
        "long_running_spans": True,
        "span_events": True,
        "evp_proxy_allowed_headers": list(EVP_HEADERS),
        "config": dict(config),
        "peer_tags": sorted(peer_tags),
        "span_kinds_stats_computed": ["server", "consumer", "client", "producer"],
        "obfuscation_version": _OBFUSCATION_VERSION,
        **filters,
    }
    body = json.dumps(told, indent="\t").encode()
    return Info(body, hashlib.sha256(body).hexdigest())
