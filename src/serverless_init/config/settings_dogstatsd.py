"""Settings of the DogStatsD protocol's rarer parts: see `serverless_init.config.settings`."""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import boolean, integer, one_of, text, words

EOL_TRANSPORTS = ("udp", "uds", "named_pipe")


class TransportSettings(Settings):
    """What a packet must look like, and who else gets it."""

    eol_required: tuple[str, ...] = setting(
        (),
        words(),
        yaml="dogstatsd_eol_required",
        help="Transports (udp, uds) on which the last line of a packet must end with a line feed. "
        "One that does not is dropped and counted: it may have been cut on its way. named_pipe is "
        "known and has no effect here.",
    )
    forward_host: str = setting(
        "",
        text,
        yaml="statsd_forward_host",
        help="Host to which every packet is passed on over UDP as well; with the port.",
    )
    forward_port: int = setting(
        0,
        integer(0, 65535),
        yaml="statsd_forward_port",
        help="Port of that host. 0 turns passing on off.",
    )


class TimestampSettings(Settings):
    """Metrics that carry their own timestamp."""

    enabled: bool = setting(
        True,
        boolean,
        yaml="dogstatsd_no_aggregation_pipeline",
        help="Whether gauges and counters with a timestamp are passed on as they are. When off, "
        "the timestamp is ignored and they are aggregated where they arrive.",
    )
    batch_size: int = setting(
        2048,
        integer(1, 1_000_000),
        yaml="dogstatsd_no_aggregation_pipeline_batch_size",
        help="Samples with a timestamp after which their payload is sent without waiting.",
    )


class StatisticsSettings(Settings):
    """What is told about the traffic."""

    metrics: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_metrics_stats_enable",
        help="Count samples by metric and tags, and print the table at the end.",
    )
    packets: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_stats_enable",
        help="Count packets per second, and print the most in any second at the end.",
    )
    quiet: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_disable_verbose_logs",
        help="Say what is wrong with a message at level debug instead of warn.",
    )


class OriginSettings(Settings):
    """Tags that follow from who sends."""

    by_socket: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_origin_detection",
        help="Ask the kernel which process sends on the Unix sockets, and find its container.",
    )
    proc: str = setting(
        "/proc",
        text,
        yaml="container_proc_root",
        help="Where that process is looked up, and our own for enhanced metrics.",
    )
    by_client: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_origin_detection_client",
        help="Read what clients say of their container (c:), of their pod (e:) and of the "
        "cardinality they want (card:).",
    )
    unified: bool = setting(
        False,
        boolean,
        yaml="origin_detection_unified",
        help="Take the tags of the first origin that has any, instead of adding them up.",
    )
    opt_out: bool = setting(
        True,
        boolean,
        yaml="dogstatsd_origin_optout_enabled",
        help="Whether the cardinality none means no origin tags at all.",
    )
    entity_id_precedence: bool = setting(
        False,
        boolean,
        yaml="dogstatsd_entity_id_precedence",
        help="Whether the tag dd.internal.entity_id makes the socket's container irrelevant.",
    )
    cardinality: str = setting(
        "low",
        one_of("none", "low", "orchestrator", "high"),
        yaml="dogstatsd_tag_cardinality",
        help="Cardinality of origin tags where the client asks for none. A container's id is a tag "
        "of high cardinality.",
    )
