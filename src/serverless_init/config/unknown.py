"""Names that are no setting of ours: whose they are, and which setting was perhaps meant.

Variables that start with ``DD_`` are read by tracers, client libraries and the Datadog Agent too.
Those listed here belong to one of them or to a part of the original that we do not have yet: they
are none of our business. Of the rest, a name close to one of our settings is most likely misspelt.
"""

from collections.abc import Iterable

from serverless_init.config.components import COMPONENTS

_KEYS = tuple(s.yaml for component in COMPONENTS for s in component.fields.values())
_VARIABLES = tuple(
    variable
    for component in COMPONENTS
    for s in component.fields.values()
    for variable in (s.env, *s.aliases)
)
# A search takes about a millisecond; a file full of somebody else's keys is not worth a second.
_SEARCHED_MAX = 50

# What stands between DD_ and the next underscore or the end.
_LIBRARIES = (
    "TRACE TRACER TRACING APM APPSEC IAST LLMOBS PROFILING CIVISIBILITY CI TEST GIT RUM DBM SPAN "
    "DYNAMIC_INSTRUMENTATION EXCEPTION CODE_ORIGIN SYMBOL_DATABASE DATA_STREAMS RUNTIME_METRICS "
    "REMOTE_CONFIG REMOTE_CONFIGURATION INSTRUMENTATION INJECT INJECTION PROPAGATION API_SECURITY "
    "CRASHTRACKING EXPERIMENTAL FEATURE_FLAGS METRICS_OTEL DOTNET NODE PYTHON JMXFETCH TELEMETRY "
    "INTERNAL LIB"
)
_PLATFORMS = "AZURE AWS AAS GCP LAMBDA EXTENSION KUBERNETES CLUSTER CONTAINER DOCKER ECS"
_AGENT = (
    "AGENT OTLP PROCESS NETWORK SYSTEM_PROBE COMPLIANCE SBOM ORCHESTRATOR_EXPLORER "
    "CHECKS SECRET RUNTIME_SECURITY ENHANCED_METRICS SERVERLESS_INIT SERVERLESS_INVENTORY"
)
_FOREIGN_PREFIXES = tuple(f"DD_{area}_" for area in f"{_LIBRARIES} {_PLATFORMS} {_AGENT}".split())
_NAMES = (
    "APP_KEY APPLICATION_KEY API_KEY_SECRET_ARN KMS_API_KEY CLIENT_TOKEN ENTITY_ID EXTERNAL_ENV "
    "DOGSTATSD_HOST DOGSTATSD_URL DOGSTATSD_DISABLE STATSD_HOST STATSD_PORT SERVICE_MAPPING "
    "PRIORITY_SAMPLING RECEIVER_PORT CMD_PORT FLUSH_TO_LOG "
    "LOGS_INJECTION SERVERLESS_LOGS_ENABLED SERVERLESS_FLUSH_STRATEGY "
    "SERVERLESS_APPSEC_ENABLED"
)
_AGENT_LOGS = (
    "USE_HTTP FORCE_USE_HTTP USE_TCP FORCE_USE_TCP USE_V2_API USE_PORT_443 DD_URL DD_PORT "
    "HTTP_PROTOCOL HTTP_CONNECTIVITY_RETRY_INTERVAL_MAX CONNECTION_RESET_INTERVAL PIPELINES "
    "INPUT_CHAN_SIZE MESSAGE_CHANNEL_SIZE PAYLOAD_CHANNEL_SIZE COMPRESSION_LEVEL FRAME_SIZE "
    "STOP_GRACE_PERIOD CLOSE_TIMEOUT AUDITOR_TTL ATOMIC_REGISTRY_WRITE CONTAINER_COLLECT_ALL "
    "USE_CONTAINER_TIMESTAMP EXPERIMENTAL_AUTO_MULTI_LINE_DETECTION "
    "FORCE_AUTO_MULTI_LINE_DETECTION_V1 AUTO_MULTI_LINE_ENABLE_JSON_DETECTION "
    "AUTO_MULTI_LINE_ENABLE_JSON_AGGREGATION AUTO_MULTI_LINE_TIMESTAMP_DETECTOR_MATCH_THRESHOLD "
    "AUTO_MULTI_LINE_DETECTION_CUSTOM_SAMPLES AUTO_MULTI_LINE_EXTRA_PATTERNS"
)
_FOREIGN = frozenset(
    [f"DD_{name}" for name in _NAMES.split()]
    + [f"DD_LOGS_CONFIG_{name}" for name in _AGENT_LOGS.split()]
)


def unknown_variables(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """A line for each ``DD_`` variable that is nobody's: the likely misspelt ones, and the rest."""
    unknown = (n for n in names if n.startswith("DD_") and n not in _VARIABLES and not _foreign(n))
    return _lines(unknown, _VARIABLES, place="")


def unknown_keys(names: Iterable[str], path: str) -> tuple[list[str], list[str]]:
    """The same for keys of the file at `path`, which may well be shared with an Agent."""
    unknown = (n for n in names if not _foreign("DD_" + n.upper().replace(".", "_")))
    return _lines(unknown, _KEYS, place=f" in {path}")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most likely meant, if any: few letters differ for its length."""
    allowed = 1 if len(name) < 9 else 2 if len(name) < 18 else 3
    close = [k for k in known if abs(len(k) - len(name)) <= allowed]
    best = min(close, key=lambda k: edit_distance(name, k), default=None)
    return best if best and edit_distance(name, best) <= allowed else None


def edit_distance(a: str, b: str) -> int:
    """How many letters to insert, delete, replace or swap with their neighbour to get b from a."""
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]


def _foreign(variable: str) -> bool:
    return variable in _FOREIGN or f"{variable}_".startswith(_FOREIGN_PREFIXES)


def _lines(
    names: Iterable[str], known: tuple[str, ...], *, place: str
) -> tuple[list[str], list[str]]:
    misspelt, others = [], []
    for position, name in enumerate(sorted(names)):
        shown = name if name.isprintable() else repr(name)
        meant = nearest(name, known) if position < _SEARCHED_MAX else None
        if meant:
            misspelt.append(f"unknown setting {shown}{place}; did you mean {meant}?")
        else:
            others.append(f"unknown setting {shown}{place}")
    return misspelt, others
