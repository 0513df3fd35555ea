"""Where payloads go: the intakes' URLs and keys, from the settings.

A signal's own URL wins over ``dd_url``, and that over ``https://<the signal's prefix>.<site>``. A
path in the URL is kept as a prefix of every route, so an intake may live behind a gateway. Each URL
of the signal's ``additional_endpoints`` gets all of the signal too, once for each of its keys.

*The Agent's version in the host.* ``app.<site>`` of a Datadog site becomes
``7-82-0-app.agent.<site>``: what Datadog documents for firewalls is ``*.agent.<site>``. The number
is that of the Agent whose intake protocol we speak (see docs/decisions/019-version-in-the-host.md).
"""

import re
from dataclasses import dataclass, field

from serverless_init.config import ForwarderSettings, IntakeSettings
from serverless_init.errors import SettingError
from serverless_init.forwarder.keys import LITERAL, KeySource, key_source
from serverless_init.wire import Origin

_PORTS = {"http": 80, "https": 443}
_HEX_AND_COLONS = frozenset("0123456789abcdefABCDEF:.")
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")

# A file's name may be this long, with a number behind it.
_FOLDER_MAX = 200
_VALIDATE = "/api/v1/validate"
_AGENT_VERSION = "7-82-0"
# A region's label is generic, so that a new region needs no change here.
_DATADOG = r"([a-z]{2,}\d{1,2}\.)?(datad(oghq|0g)\.(com|eu)|ddog-gov\.(com|mil))"
_SITE = re.compile(_DATADOG)
_SITE_OF_HOST = re.compile(rf"(.*\.)?{_DATADOG}\.?")
_APP_HOST = re.compile(rf"app(?P<rest>(\.mrf)?\.{_DATADOG}\.?)")


@dataclass(frozen=True, slots=True)
class IntakeAddress:
    """What a signal's intakes follow from, beside the settings that all signals share.

    ``prefix`` stands before the site: ``app``, ``http-intake.logs``, ``trace.agent``. ``url`` and
    ``api_key`` are the signal's own, empty to take those of all; ``further`` are its
    ``additional_endpoints``. The variables that hold the URL, the key and the further intakes are
    named in complaints.
    """

    prefix: str
    url: str = ""
    api_key: str = field(default="", repr=False)
    further: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)
    url_variable: str = ForwarderSettings.fields["url"].env
    key_variable: str = ForwarderSettings.fields["api_key"].env
    further_variable: str = IntakeSettings.fields["additional_endpoints"].env


def metrics_address(further: IntakeSettings) -> IntakeAddress:
    """That of metrics, events and service checks."""
    return IntakeAddress("app", further=further.additional_endpoints)


@dataclass(frozen=True, slots=True)
class IntakeEndpoint:
    """One intake. ``host`` has no brackets; ``path_prefix`` is empty or starts with a slash.

    ``api_key`` is empty until it has been fetched from ``key_source``. ``configured`` is the URL as
    it was written, by which other settings mean this intake; empty where it is `url`.
    """

    scheme: str
    host: str
    port: int
    path_prefix: str
    api_key: str = field(repr=False)
    key_source: KeySource = LITERAL
    configured: str = field(default="", compare=False)

    @property
    def configured_url(self) -> str:
        """The URL by which other settings mean this intake."""
        return self.configured or self.url

    @property
    def is_datadog(self) -> bool:
        """Whether the host is of a Datadog site."""
        return _SITE_OF_HOST.fullmatch(self.host) is not None

    @property
    def origin(self) -> Origin:
        """Where connections go."""
        return Origin(self.scheme, self.host, self.port)

    @property
    def url(self) -> str:
        """The intake's URL without a final slash, as it may be shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host.removesuffix(".")
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path_prefix}"

    @property
    def key_ending(self) -> str:
        """The key as it may be shown: its last four characters, none of a short one."""
        return self.api_key[-4:] if len(self.api_key) >= 16 else "****"


def intake_endpoints(
    settings: ForwarderSettings,
    further: IntakeSettings | None = None,
    address: IntakeAddress | None = None,
) -> tuple[IntakeEndpoint, ...]:
    """The signal's main intake; none without an API key. Without `address` it is that of metrics.

    Raises `SettingError` when the URL, the site or the key cannot be used.
    """
    further = further or IntakeSettings()
    address = address or metrics_address(further)
    own = address.api_key.strip()
    written = own or settings.api_key.strip()
    source = key_source(written, further)
    if source is None:
        return ()
    key = written if source is LITERAL else ""
    if not _is_printable(key):
        variable = address.key_variable if own else ForwarderSettings.fields["api_key"].env
        raise SettingError(variable, "***", "must be printable ASCII without spaces")
    scheme, host, port, path_prefix = _main(settings, address, is_fqdn=further.is_fqdn)
    configured = _configured(settings, address)
    return (IntakeEndpoint(scheme, host, port, path_prefix, key, source, configured),)


def additional_endpoints(
    further: IntakeSettings,
    main: tuple[IntakeEndpoint, ...],
    address: IntakeAddress | None = None,
) -> tuple[tuple[IntakeEndpoint, ...], tuple[str, ...]]:
    """The signal's further intakes, without what `main` has, and a line for each unusable one."""
    address = address or metrics_address(further)
    found: dict[tuple[str, str], IntakeEndpoint] = {}
    known = {(endpoint.url, endpoint.api_key) for endpoint in main}
    problems: list[str] = []
    for url, keys in address.further:
        try:
            scheme, host, port, path_prefix = _parts(url)
        except ValueError as error:
            shown = url.rpartition("@")[2]
            problems.append(f"{address.further_variable}: {shown!r} {error}; it gets nothing")
            continue
        for key in keys:
            source = key_source(key, further)
            if source is None:
                continue
            literal = key if source is LITERAL else ""
            at = _versioned(host)
            endpoint = IntakeEndpoint(scheme, at, port, path_prefix, literal, source, url)
            if (endpoint.url, literal) not in known:
                found.setdefault((endpoint.url, key), endpoint)
    return tuple(found.values()), tuple(problems)


def validation_url(endpoint: IntakeEndpoint) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of the question whether the key is valid.

    For a Datadog site it is ``https://api.<site>``, else the intake itself.
    """
    host = endpoint.host.removesuffix(".")
    labels = host.split(".")
    for start in range(len(labels)):
        site = ".".join(labels[start:])
        if _SITE.fullmatch(site):
            return "https", f"api.{site}", _PORTS["https"], _VALIDATE
    return endpoint.scheme, endpoint.host, endpoint.port, endpoint.path_prefix + _VALIDATE


def storage_names(endpoints: tuple[IntakeEndpoint, ...]) -> list[str]:
    """For each intake a name that the next run gives it too, also with another key or version.

    Several keys of one URL are told apart by their order.
    """
    names: list[str] = []
    for endpoint in endpoints:
        url = endpoint.url.replace(f"{_AGENT_VERSION}-app.agent.", "app.")
        place = "".join(c if c.isalnum() or c in ".-_" else "_" for c in url)[:_FOLDER_MAX]
        same = sum(name.rpartition("-")[0] == place for name in names)
        names.append(f"{place}-{same}")
    return names


def _main(
    settings: ForwarderSettings, address: IntakeAddress, *, is_fqdn: bool
) -> tuple[str, str, int, str]:
    own = address.url.strip()
    url = own or settings.url.strip()
    if not url:
        site = _site(settings.site)
        host = _versioned(f"{address.prefix}.{site}")
        dot = "." * (is_fqdn and bool(_SITE.fullmatch(site)))
        return "https", host + dot, _PORTS["https"], ""
    try:
        scheme, host, port, path_prefix = _parts(url)
    except ValueError as error:
        variable = address.url_variable if own else ForwarderSettings.fields["url"].env
        # What stands before an at sign may be a password.
        raise SettingError(variable, url.rpartition("@")[2], str(error)) from None
    return scheme, _versioned(host), port, path_prefix


def _configured(settings: ForwarderSettings, address: IntakeAddress) -> str:
    """The main intake's URL as it was written, or as its site is meant."""
    written = (address.url.strip() or settings.url.strip()).rstrip("/")
    return written or f"https://{address.prefix}.{settings.site}"


def _versioned(host: str) -> str:
    """The host with the Agent's version, when it is ``app.`` and a Datadog site."""
    found = _APP_HOST.fullmatch(host)
    return f"{_AGENT_VERSION}-app.agent{found['rest']}" if found else host


def _site(site: str) -> str:
    try:
        return _name(site.strip())
    except ValueError:
        why = "must be a site's name like datadoghq.eu, without https:// and path"
        raise SettingError(ForwarderSettings.fields["site"].env, site, why) from None


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path prefix; raises ``ValueError`` with what is wrong."""
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _PORTS:
        raise ValueError("must start with http:// or https://")
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        raise ValueError("must not contain a user name or password")
    if "?" in rest or "#" in rest:
        raise ValueError("must not contain a query or a fragment")
    path_prefix = (slash + path).rstrip("/")
    if path_prefix and not _is_printable(path_prefix):
        raise ValueError("must have a path of printable ASCII without spaces")
    host, port = _host_and_port(authority)
    return scheme, host, _PORTS[scheme] if port is None else port, path_prefix


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        if not closed or host.count(":") < 2 or not _HEX_AND_COLONS.issuperset(host):
            raise ValueError("must have an IPv6 address between [ and ]")
        if rest and not rest.startswith(":"):
            raise ValueError("must have a port after the colon, from 1 to 65535")
        separator, port = rest[:1], rest[1:]
    else:
        name, separator, port = authority.partition(":")
        host = _name(name)
    if not separator:
        return host, None
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise ValueError("must have a port after the colon, from 1 to 65535")
    return host, int(port)


def _name(name: str) -> str:
    """A host name in lower case and ASCII; raises ``ValueError`` when it cannot be one."""
    why = "must have a host name"
    try:
        # The codec is costly to import and asked for only by names that need it.
        host = name.lower() if name.isascii() else name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError(why) from None
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(0 < len(x) <= 63 and _LABEL.issuperset(x) for x in labels):
        raise ValueError(why)
    return host


def _is_printable(text: str) -> bool:
    return all("!" <= character <= "~" for character in text)
