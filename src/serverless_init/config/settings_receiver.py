"""The settings of the trace receiver and of what it passes on for tracers.

See `serverless_init.config.settings`, of which this is a part. Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import boolean, duration, integer, keys_by_url, text


class ReceiverSettings(Settings):
    """Where traces arrive, and how much one client may ask."""

    enabled: bool = setting(
        True,
        boolean,
        yaml="apm_config.enabled",
        env="DD_APM_ENABLED",
        help="Receive traces. Off, nothing listens for them.",
    )
    receiver_enabled: bool = setting(
        True,
        boolean,
        yaml="apm_config.receiver_enabled",
        env="DD_APM_RECEIVER_ENABLED",
        help="Listen for traces on a port or socket of their own. Off, only traces that come by "
        "OTLP are taken.",
    )
    port: int = setting(
        8126,
        integer(0, 65535),
        yaml="apm_config.receiver_port",
        env="DD_APM_RECEIVER_PORT",
        aliases=("DD_RECEIVER_PORT",),
        help="TCP port for traces; 0 turns TCP off. Change it only if the port is taken.",
    )
    socket: str = setting(
        "",
        text,
        yaml="apm_config.receiver_socket",
        env="DD_APM_RECEIVER_SOCKET",
        help="Path of a Unix socket for traces, beside the port. The Agent's default is a path, "
        "which the original turns off.",
    )
    non_local_traffic: bool = setting(
        False,
        boolean,
        yaml="apm_config.apm_non_local_traffic",
        env="DD_APM_NON_LOCAL_TRAFFIC",
        help="Receive traces from other hosts too. In a sidecar the default is true.",
    )
    timeout_s: float = setting(
        0.0,
        duration(0, 3600),
        yaml="apm_config.receiver_timeout",
        env="DD_APM_RECEIVER_TIMEOUT",
        help="Seconds that a request may take to arrive; 0 means 5.",
    )
    payload_bytes_max: int = setting(
        26_214_400,
        integer(1),
        yaml="apm_config.max_payload_size",
        env="DD_APM_MAX_PAYLOAD_SIZE",
        help="Bytes that a request with traces may have, and as many once it is decompressed.",
    )
    connections_max: int = setting(
        1000,
        integer(1),
        yaml="apm_config.max_connections",
        env="DD_APM_MAX_CONNECTIONS",
        help="Connections at the same time; further ones are closed.",
    )


class TraceDeliverySettings(Settings):
    """Where traces and their statistics are sent, and how."""

    url: str = setting(
        "",
        text,
        yaml="apm_config.apm_dd_url",
        env="DD_APM_DD_URL",
        help="The intake for traces instead of the site's, as an http or https URL.",
    )
    additional_endpoints: tuple[tuple[str, tuple[str, ...]], ...] = setting(
        (),
        keys_by_url,
        yaml="apm_config.additional_endpoints",
        env="DD_APM_ADDITIONAL_ENDPOINTS",
        secret=True,
        help="More intakes for traces: for each URL a list of API keys. In the environment as "
        'JSON: {"https://trace.agent.datadoghq.eu": ["key"]}.',
    )
    concurrent_requests_max: int = setting(
        5,
        integer(1, 1000),
        yaml="apm_config.trace_writer.connection_limit",
        help="Requests in flight at once, for traces and for statistics each.",
    )
    stop_timeout_s: float = setting(
        0.0,
        duration(0, 3600),
        yaml="apm_config.stop_timeout",
        help="Seconds, within the platform's grace period, in which requests are answered and "
        "spans passed on when the run ends; 0 means 3. Delivery has a time of its own.",
    )


class PassingSettings(Settings):
    """What tracers send for other products of Datadog, and where it goes."""

    telemetry_enabled: bool = setting(
        True,
        boolean,
        yaml="apm_config.telemetry.enabled",
        env="DD_APM_TELEMETRY_ENABLED",
        help="Pass the tracers' own telemetry on.",
    )
    telemetry_url: str = setting(
        "",
        text,
        yaml="apm_config.telemetry.dd_url",
        env="DD_APM_TELEMETRY_DD_URL",
        help="Where it goes instead of the site's intake for it.",
    )
    profiling_url: str = setting(
        "",
        text,
        yaml="apm_config.profiling_dd_url",
        env="DD_APM_PROFILING_DD_URL",
        help="Where profiles go, as a whole URL with its path.",
    )
    profiling_additional_endpoints: tuple[tuple[str, tuple[str, ...]], ...] = setting(
        (),
        keys_by_url,
        yaml="apm_config.profiling_additional_endpoints",
        env="DD_APM_PROFILING_ADDITIONAL_ENDPOINTS",
        secret=True,
        help="More places that every profile goes to: for each whole URL a list of API keys.",
    )
    profiling_bytes_max: int = setting(
        52_428_800,
        integer(1),
        yaml="apm_config.profiling_max_request_bytes",
        env="DD_APM_PROFILING_MAX_REQUEST_BYTES",
        help="Bytes that a profile may have.",
    )
    debugger_url: str = setting(
        "",
        text,
        yaml="apm_config.debugger_dd_url",
        env="DD_APM_DEBUGGER_DD_URL",
        help="Where the debugger's snapshots go, as a whole URL with its path.",
    )
    debugger_diagnostics_url: str = setting(
        "",
        text,
        yaml="apm_config.debugger_diagnostics_dd_url",
        env="DD_APM_DEBUGGER_DIAGNOSTICS_DD_URL",
        help="Where the debugger's diagnostics go, as a whole URL with its path.",
    )
    symbols_url: str = setting(
        "",
        text,
        yaml="apm_config.symdb_dd_url",
        env="DD_APM_SYMDB_DD_URL",
        help="Where the debugger's symbols go, as a whole URL with its path.",
    )
    evp_enabled: bool = setting(
        True,
        boolean,
        yaml="evp_proxy_config.enabled",
        help="Pass on what tracers send to the event platform.",
    )
    evp_url: str = setting(
        "",
        text,
        yaml="evp_proxy_config.dd_url",
        help="The site that it goes to instead of ours, as a name like datadoghq.eu.",
    )
    evp_bytes_max: int = setting(
        10_485_760,
        integer(1),
        yaml="evp_proxy_config.max_payload_size",
        help="Bytes that such a request may have.",
    )
    lineage_enabled: bool = setting(
        True, boolean, yaml="ol_proxy_config.enabled", help="Pass OpenLineage events on."
    )
    lineage_url: str = setting(
        "",
        text,
        yaml="ol_proxy_config.dd_url",
        help="Where OpenLineage events go, as a whole URL with its path.",
    )
    lineage_api_version: int = setting(
        2, integer(0), yaml="ol_proxy_config.api_version", help="The version that is asked for."
    )
    app_key: str = setting(
        "",
        text,
        yaml="app_key",
        secret=True,
        help="Application key, for requests to the event platform that ask for one.",
    )
