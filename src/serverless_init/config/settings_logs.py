"""The settings of the program's log lines: see `serverless_init.config.settings`.

Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import (
    boolean,
    duration,
    integer,
    number,
    one_of,
    text,
    token,
)
from serverless_init.config.parse_structures import log_intakes, objects


class LogsSettings(Settings):
    """Which lines are collected, and how they become messages."""

    enabled: bool = setting(
        False,
        boolean,
        yaml="logs_enabled",
        help="Whether the program's stdout and stderr, and the files of serverless.log_path, are "
        "collected as logs.",
    )
    source: str = setting(
        "",
        text,
        yaml="source",
        help="The ddsource of all logs, in lower case. Empty: the platform's.",
    )
    path: str = setting(
        "",
        text,
        yaml="serverless.log_path",
        help="Files to collect as well, as a path that may have wildcards.",
    )
    instance_logging: bool = setting(
        False,
        boolean,
        yaml="aas_instance_logging_enabled",
        help="On App Service, collect this instance's files in /home/LogFiles instead of "
        "serverless.log_path.",
    )
    instance_file_descriptor: str = setting(
        "",
        text,
        yaml="aas_instance_log_file_descriptor",
        help="What the names of those files have behind the instance's name.",
    )
    run_path: str = setting(
        "",
        text,
        yaml="logs_config.run_path",
        help="Folder of the file that remembers how far each collected file has been read. Empty: "
        "the folder of serverless.log_path.",
    )
    file_scan_period_s: float = setting(
        1.0,
        duration(0.05, 3600),
        yaml="logs_config.file_scan_period",
        help="Seconds between looks at the collected files.",
    )
    open_files_max: int = setting(
        500,
        integer(1, 100_000),
        yaml="logs_config.open_files_limit",
        help="Most files collected at once; further ones are told.",
    )
    message_bytes_max: int = setting(
        900_000,
        integer(256, 1_000_000),
        yaml="logs_config.max_message_size_bytes",
        help="Longest message in bytes. A longer line becomes several messages, marked "
        "...TRUNCATED... where it was cut.",
    )
    auto_multi_line: bool = setting(
        True,
        boolean,
        yaml="logs_config.auto_multi_line_detection",
        help="Whether stack traces, indented lines and what follows a line with a timestamp are "
        "joined to one message. A multi_line rule replaces it.",
    )
    datetime_detection: bool = setting(
        True,
        boolean,
        yaml="logs_config.auto_multi_line.enable_datetime_detection",
        help="Whether every line without a timestamp or severity is joined to a line before it "
        "that begins with a timestamp. When off, only what is recognized as its continuation.",
    )
    aggregation_timeout_ms: int = setting(
        1000,
        integer(1, 60_000),
        yaml="logs_config.aggregation_timeout",
        help="Milliseconds after the last line of a message when it is sent without waiting for "
        "more lines.",
    )
    tag_multi_line: bool = setting(
        True,
        boolean,
        yaml="logs_config.tag_multi_line_logs",
        help="Whether messages of several lines have the tag multiline:auto_multiline or "
        "multiline:multiline_regex.",
    )
    tag_truncated: bool = setting(
        True,
        boolean,
        yaml="logs_config.tag_truncated_logs",
        help="Whether messages that were cut have a tag truncated:single_line, "
        "truncated:auto_multiline or truncated:multiline_regex.",
    )
    status: str = setting(
        "auto",
        one_of("auto", "stream"),
        yaml="serverless.logs_status",
        help="Where a message's severity comes from: auto: from the message, else from the stream; "
        "stream: always info for stdout and files, error for stderr, as in the original.",
    )
    processing_rules: tuple[str, ...] = setting(
        (),
        objects,
        yaml="logs_config.processing_rules",
        help="Rules applied to every message, in order: mappings with name, type "
        "(exclude_at_match, include_at_match, mask_sequences, multi_line, exclude_truncated), "
        "pattern and, for masks, replace_placeholder. In the environment as JSON.",
    )
    batch_wait_s: float = setting(
        5.0,
        duration(0.1, 10),
        yaml="logs_config.batch_wait",
        help="Seconds that a message may wait for others to share its request.",
    )
    batch_messages_max: int = setting(
        1000,
        integer(1, 1000),
        yaml="logs_config.batch_max_size",
        help="Most messages in one request; the intake takes 1000.",
    )
    batch_bytes_max: int = setting(
        5_000_000,
        integer(1024, 5_000_000),
        yaml="logs_config.batch_max_content_size",
        help="Most uncompressed bytes of messages in one request. A single larger message is "
        "dropped and counted.",
    )


class LogsDeliverySettings(Settings):
    """Where logs are sent, and how."""

    url: str = setting(
        "",
        text,
        yaml="logs_config.logs_dd_url",
        help="The logs intake instead of the site's: host:port, or an http or https URL.",
    )
    no_ssl: bool = setting(
        False,
        boolean,
        yaml="logs_config.logs_no_ssl",
        help="Whether host:port in logs_dd_url is reached by http.",
    )
    api_key: str = setting(
        "",
        token,
        yaml="logs_config.api_key",
        secret=True,
        help="API key for logs. Empty: api_key.",
    )
    additional_endpoints: tuple[tuple[str, tuple[str, ...]], ...] = setting(
        (),
        log_intakes,
        yaml="logs_config.additional_endpoints",
        secret=True,
        help="More intakes for logs: a list of mappings with Host, Port and api_key. In the "
        'environment as JSON: [{"Host": "http-intake.logs.datadoghq.eu", "api_key": "key"}].',
    )
    use_compression: bool = setting(
        True,
        boolean,
        yaml="logs_config.use_compression",
        help="Whether requests are compressed. The original sends logs uncompressed.",
    )
    compression_kind: str = setting(
        "zstd",
        one_of("zstd", "gzip"),
        yaml="logs_config.compression_kind",
        help="By which compression.",
    )
    zstd_level: int = setting(
        1,
        integer(1, 22),
        yaml="logs_config.zstd_compression_level",
        help="zstd level; 1 is the fastest.",
    )
    timeout_s: float = setting(
        10.0,
        duration(0.05, 3600),
        yaml="logs_config.http_timeout",
        help="Seconds that one request may take.",
    )
    concurrent_requests_max: int = setting(
        0,
        integer(0, 1000),
        yaml="logs_config.batch_max_concurrent_send",
        help="Requests in flight at once; 0 means 10.",
    )
    backoff_factor: float = setting(
        2.0,
        number(2, 100),
        yaml="logs_config.sender_backoff_factor",
        help="Width of the backoff window; at least 2.",
    )
    backoff_base_s: float = setting(
        1.0,
        duration(0.001, 3600),
        yaml="logs_config.sender_backoff_base",
        help="Seconds of the first backoff, halved.",
    )
    backoff_max_s: float = setting(
        120.0,
        duration(0.001, 86_400),
        yaml="logs_config.sender_backoff_max",
        help="Longest backoff in seconds.",
    )
    recovery_interval: int = setting(
        2,
        integer(1),
        yaml="logs_config.sender_recovery_interval",
        help="Errors forgiven by one success after a backoff.",
    )
    recovery_reset: bool = setting(
        False,
        boolean,
        yaml="logs_config.sender_recovery_reset",
        help="Whether one success forgives all errors.",
    )
