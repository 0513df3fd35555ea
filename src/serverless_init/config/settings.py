"""The settings of the run and of the DogStatsD server's sockets.

All settings are one frozen class per component, most in a module of their part; `components` lists
them. A field is a declaration, of which there is one for each setting. From it come parsing,
precedence, range checks, ``sictl config``, the reference page and the hint for a misspelt variable.
A component receives its class and nothing else. Where a default differs from the Datadog Agent's,
the help says so. Imported before the app has started: see `serverless_init.config.declare`.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import (
    boolean,
    duration,
    integer,
    one_of,
    text,
    words,
)

LOG_LEVELS = ("trace", "debug", "info", "warn", "error", "critical", "off")


class RunSettings(Settings):
    """The run as a whole: own log, receipt, grace window."""

    log_level: str = setting(
        "warn",
        one_of(*LOG_LEVELS),
        yaml="log_level",
        help="Least severe level of our own log on stderr. The original's default is error; ours "
        "is warn, so that a lost setting or a lost port is seen.",
    )
    receipt: str = setting(
        "auto",
        one_of("auto", "off", "log", "json"),
        yaml="serverless.receipt",
        help="The line at exit that says what was accepted, delivered and dropped: off, log "
        "(text), json, or auto: text in --local and whenever something was dropped.",
    )
    grace_s: float = setting(
        0.0,
        duration(0, 86_400),
        yaml="serverless.grace_period",
        help="Seconds between SIGTERM and SIGKILL on this platform. 0 takes the platform's known "
        "window, 10 where it is not known. Set it when you "
        "changed the platform's own setting.",
    )
    flush_timeout_s: float = setting(
        10.0,
        duration(0, 86_400),
        yaml="serverless.flush_timeout",
        help="Seconds that the last flush may take when the app ended by itself, so that no "
        "platform is about to kill the container.",
    )
    health_port: int = setting(
        0,
        integer(0, 65535),
        yaml="health_port",
        help="TCP port, on all interfaces, on which /live, /ready and /startup answer the probes "
        "of a platform; 0 turns them off.",
    )


class TagSettings(Settings):
    """Tags put on everything."""

    env: str = setting("", text, yaml="env", help="The env: tag (unified service tagging).")
    service: str = setting("", text, yaml="service", help="The service: tag.")
    version: str = setting("", text, yaml="version", help="The version: tag.")
    tags: tuple[str, ...] = setting(
        (), words(), yaml="tags", help="Tags for all telemetry, separated by spaces or commas."
    )
    extra_tags: tuple[str, ...] = setting(
        (), words(), yaml="extra_tags", help="More of the same, appended to tags."
    )


class DogStatsDSettings(Settings):
    """The DogStatsD server's sockets."""

    enabled: bool = setting(
        True, boolean, yaml="use_dogstatsd", help="Whether to run the DogStatsD server at all."
    )
    port: int = setting(
        8125,
        integer(0, 65535),
        yaml="dogstatsd_port",
        help="UDP port; 0 turns UDP off. Change it only when the port is taken.",
    )
    bind_host: str = setting(
        "localhost",
        text,
        yaml="bind_host",
        help="Address to bind when non-local traffic is off.",
    )
    non_local_traffic: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_non_local_traffic",
        help="Listen on all interfaces. On by default in sidecar mode.",
    )
    socket: str = setting(
        "",
        text,
        yaml="dogstatsd_socket",
        help="Path of a Unix datagram socket; empty turns it off.",
    )
    stream_socket: str = setting(
        "",
        text,
        yaml="dogstatsd_stream_socket",
        help="Path of a Unix stream socket (length-prefixed frames); empty turns it off.",
    )
    so_rcvbuf: int = setting(
        4_194_304,
        integer(0, 1_073_741_824),
        yaml="dogstatsd_so_rcvbuf",
        help="Bytes of kernel receive buffer to ask for; the kernel gives what its limit allows. 0 "
        "keeps the system's default, which is the original's default and holds only some 270 small "
        "datagrams.",
    )
    buffer_size: int = setting(
        8192,
        integer(512, 1_048_576),
        yaml="dogstatsd_buffer_size",
        help="Longest packet in bytes. A longer datagram is cut there and counted.",
    )
    backlog_bytes_max: int = setting(
        16_777_216,
        integer(65_536),
        yaml="dogstatsd_backlog_bytes_max",
        help="Bytes of received packets kept while they wait to be parsed; beyond it the kernel "
        "buffers.",
    )
    tags: tuple[str, ...] = setting(
        (),
        words(),
        yaml="dogstatsd_tags",
        help="Tags appended to every metric, event and service check.",
    )
    stream_log_too_big: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_stream_log_too_big",
        help="Log the start of a stream frame that is longer than the buffer size.",
    )


# What a sidecar, started without a command, has instead of the defaults: by `Setting.yaml`.
SIDECAR_DEFAULTS: dict[str, object] = {
    "apm_config.apm_non_local_traffic": True,
    "dogstatsd_non_local_traffic": True,
    "logs_enabled": True,
}
