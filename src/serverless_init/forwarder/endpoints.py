"""Where payloads go: the intake's URL and key, from the settings.

``dd_url`` wins over ``https://app.<site>``. A path in the URL is kept as a prefix of every route,
so an intake may live behind a gateway.
"""

from dataclasses import dataclass, field

from serverless_init.config import ForwarderSettings
from serverless_init.errors import SettingError

_PORTS = {"http": 80, "https": 443}
_HEX_AND_COLONS = frozenset("0123456789abcdefABCDEF:.")
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class IntakeEndpoint:
    """One intake. ``host`` has no brackets; ``path_prefix`` is empty or starts with a slash."""

    scheme: str
    host: str
    port: int
    path_prefix: str
    api_key: str = field(repr=False)

    @property
    def url(self) -> str:
        """The intake's URL without a final slash, as it may be shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path_prefix}"

    @property
    def key_ending(self) -> str:
        """The key as it may be shown: its last four characters, none of a short one."""
        return self.api_key[-4:] if len(self.api_key) >= 16 else "****"


def intake_endpoints(settings: ForwarderSettings) -> tuple[IntakeEndpoint, ...]:
    """The intakes that every payload goes to: none without an API key, else one.

    Raises `SettingError` when the URL, the site or the key cannot be used.
    """
    key = settings.api_key.strip()
    if not key:
        return ()
    if not _is_printable(key):
        why = "must be printable ASCII without spaces"
        raise SettingError(ForwarderSettings.fields["api_key"].env, "***", why)
    url = settings.url.strip()
    if not url:
        return (IntakeEndpoint("https", f"app.{_site(settings.site)}", _PORTS["https"], "", key),)
    try:
        scheme, host, port, path_prefix = _parts(url)
    except ValueError as error:
        # What stands before an at sign may be a password.
        shown = url.rpartition("@")[2]
        raise SettingError(ForwarderSettings.fields["url"].env, shown, str(error)) from None
    return (IntakeEndpoint(scheme, host, port, path_prefix, key),)


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
