"""The settings of what lies between us and the intake: further intakes, keys, proxies, TLS.

See `serverless_init.config.settings`, of which this is a part. Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import (
    boolean,
    duration,
    integer,
    keys_by_url,
    number,
    one_of,
    proxy_url,
    text,
    words,
)


class IntakeSettings(Settings):
    """Further intakes, and API keys that are not in the environment."""

    additional_endpoints: tuple[tuple[str, tuple[str, ...]], ...] = setting(
        (),
        keys_by_url,
        yaml="additional_endpoints",
        secret=True,
        help="More intakes that every payload goes to: for each URL a list of API keys. In the "
        'environment as JSON: {"https://app.datadoghq.eu": ["key"]}.',
    )
    api_key_file: str = setting(
        "",
        text,
        yaml="api_key_file",
        help="File that holds the API key, used when api_key is empty. It is read again when the "
        "intake refuses the key, and with each validation.",
    )
    api_key_command: str = setting(
        "",
        text,
        yaml="api_key_command",
        help="Command that prints the API key, used when api_key and api_key_file are empty. It "
        "is split like a shell's words but run without one, and run again like the file is read.",
    )
    secret_backend_command: str = setting(
        "",
        text,
        yaml="secret_backend_command",
        help="Program that resolves API keys written as ENC[handle]: JSON on stdin and stdout, as "
        "for the Agent. Of all settings only API keys may be written so.",
    )
    secret_backend_arguments: tuple[str, ...] = setting(
        (), words(), yaml="secret_backend_arguments", help="Its arguments."
    )
    secret_backend_timeout_s: float = setting(
        30.0,
        duration(0.05, 3600),
        yaml="secret_backend_timeout",
        help="Seconds that either of the two commands may take.",
    )
    validation_interval_minutes: float = setting(
        60.0,
        number(-1_000_000, 1_000_000),
        yaml="forwarder_apikey_validation_interval",
        help="Minutes between validations of the API keys; 0 or less means 60. The first one is "
        "5 seconds after the start, later than the Agent's.",
    )
    is_fqdn: bool = setting(
        True,
        boolean,
        yaml="convert_dd_site_fqdn.enabled",
        help="Write a final dot after the intake's host when it follows from the site, which "
        "spares lookups in the search domains.",
    )


class StorageSettings(Settings):
    """Where payloads wait that there is no memory for."""

    bytes_max: int = setting(
        0,
        integer(0),
        yaml="forwarder_storage_max_size_in_bytes",
        help="Bytes of payloads that may be stored on disk, for each intake, when the retry queue "
        "is full and at the end of a run; 0 stores nothing. For containers with a volume that "
        "outlives them.",
    )
    path: str = setting(
        "/opt/datadog-agent/run/transactions_to_retry",
        text,
        yaml="forwarder_storage_path",
        help="Folder that they are stored in.",
    )
    disk_ratio_max: float = setting(
        0.8,
        number(0, 1),
        yaml="forwarder_storage_max_disk_ratio",
        help="Share of the volume that may be in use, whoever uses it.",
    )
    memory_ratio: float = setting(
        0.5,
        number(0, 1),
        yaml="forwarder_flush_to_disk_mem_ratio",
        help="Share of the retry queue's memory that is stored at once.",
    )
    age_days_max: int = setting(
        10,
        integer(1, 10_000),
        yaml="forwarder_outdated_file_in_days",
        help="Days after which stored payloads are removed at a start.",
    )


class NetworkSettings(Settings):
    """Proxies and TLS, for every connection that we open."""

    proxy_http: str = setting(
        "",
        proxy_url,
        aliases=("HTTP_PROXY", "http_proxy"),
        yaml="proxy.http",
        secret=True,
        help="Proxy for http URLs, like http://user:password@proxy:3128.",
    )
    proxy_https: str = setting(
        "",
        proxy_url,
        aliases=("HTTPS_PROXY", "https_proxy"),
        yaml="proxy.https",
        secret=True,
        help="Proxy for https URLs, reached with CONNECT.",
    )
    no_proxy: tuple[str, ...] = setting(
        (),
        words(),
        aliases=("NO_PROXY", "no_proxy"),
        yaml="proxy.no_proxy",
        help="Hosts to reach without a proxy: exact names, with or without :port. This machine "
        "itself is never reached by one.",
    )
    no_proxy_nonexact_match: bool = setting(
        False,
        boolean,
        yaml="no_proxy_nonexact_match",
        help="Let no_proxy also match subdomains, CIDR ranges and * (everything).",
    )
    use_proxy_for_cloud_metadata: bool = setting(
        False,
        boolean,
        yaml="use_proxy_for_cloud_metadata",
        help="Use the proxies for 169.254.169.254 and 100.100.100.200 too.",
    )
    tls_version_min: str = setting(
        "tlsv1.2",
        one_of("tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3"),
        yaml="min_tls_version",
        help="Oldest TLS version to accept. The first two mean tlsv1.2.",
    )
    tls_handshake_timeout_s: float = setting(
        10.0,
        duration(0.05, 3600),
        yaml="tls_handshake_timeout",
        help="Seconds that a TLS handshake may take.",
    )
    tls_ca_file: str = setting(
        "",
        text,
        aliases=("SSL_CERT_FILE",),
        yaml="serverless.tls_ca_file",
        help="File of the CA certificates (PEM) to trust instead of the system's.",
    )
    tls_ca_folders: str = setting(
        "",
        text,
        aliases=("SSL_CERT_DIR",),
        yaml="serverless.tls_ca_dir",
        help="Folders of such files, separated by colons.",
    )
    ssl_key_log_file: str = setting(
        "",
        text,
        yaml="sslkeylogfile",
        help="File to which the secrets of TLS connections are appended, for debugging with a "
        "packet capture. Whoever has it can read what is sent.",
    )
    connection_age_s_max: int = setting(
        0,
        integer(0, 86_400),
        yaml="forwarder_connection_reset_interval",
        help="Seconds after which a connection is not used again; 0 means any age.",
    )
