"""Which connections go through which proxy. Pure.

Rules are the Agent's. ``no_proxy`` matches a host exactly, with or without its port; with
``no_proxy_nonexact_match`` it follows Go's rules: a name also matches its subdomains, a name with a
leading dot only those, an address or a range (CIDR) matches addresses, ``*`` matches everything.
Different from the Agent, this machine itself is never reached through a proxy.
"""

from base64 import b64encode
from dataclasses import dataclass, field

from serverless_init.config import NetworkSettings
from serverless_init.wire.http_connection import Origin

# Where clouds answer questions about the machine: link-local, so no proxy can know it.
_METADATA = ("169.254.169.254", "100.100.100.200")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy. `authorization` is the ``Proxy-Authorization`` header's value or empty."""

    origin: Origin
    authorization: str = field(default="", repr=False)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What a request says to the proxy itself."""
        return (("Proxy-Authorization", self.authorization),) if self.authorization else ()


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """The proxies by the scheme of the URL, and what goes without."""

    http: Proxy | None = None
    https: Proxy | None = None
    direct: tuple[str, ...] = ()
    is_exact: bool = True

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """The proxy for connections to `origin`, None for none."""
        proxy = self.https if origin.scheme == "https" else self.http
        host = origin.host.removesuffix(".").lower()
        if proxy is None or _is_loopback(host):
            return None
        entries = self.direct
        if any(entry in (host, f"{_bracketed(host)}:{origin.port}") for entry in entries):
            return None
        if not self.is_exact and any(_matches(entry, host, origin.port) for entry in entries):
            return None
        return proxy

    def nearly_direct(self, origin: Origin) -> str:
        """The entry for which `origin` would go without a proxy if matching were not exact."""
        if not self.is_exact or self.proxy_for(origin) is None:
            return ""
        host = origin.host.removesuffix(".").lower()
        return next((x for x in self.direct if _matches(x, host, origin.port)), "")


def proxy_rules(settings: NetworkSettings) -> tuple[ProxyRules, tuple[str, ...]]:
    """The rules that `settings` ask for, and a line for each proxy that cannot be."""
    problems: list[str] = []
    found: list[Proxy | None] = []
    for name in ("proxy_http", "proxy_https"):
        url = getattr(settings, name)
        try:
            found.append(_proxy(url) if url else None)
        except ValueError as error:
            variable = NetworkSettings.fields[name].env
            problems.append(f"{variable} {error}; connections are made without a proxy")
            found.append(None)
    metadata = () if settings.use_proxy_for_cloud_metadata else _METADATA
    rules = ProxyRules(
        http=found[0],
        https=found[1],
        direct=(*(entry.lower() for entry in settings.no_proxy), *metadata),
        is_exact=not settings.no_proxy_nonexact_match,
    )
    return rules, tuple(problems)


def _proxy(url: str) -> Proxy:
    """Raises ``ValueError`` with what is wrong, which never quotes the password."""
    # Asked for only by those who have a proxy.
    from urllib.parse import unquote_to_bytes, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("is no URL") from None
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("has a port that is not one") from None
    if not host:
        raise ValueError("must have a host name")
    authorization = ""
    if parts.username is not None:
        user = unquote_to_bytes(parts.username) + b":" + unquote_to_bytes(parts.password or "")
        authorization = f"Basic {b64encode(user).decode()}"
    scheme = parts.scheme.lower()
    return Proxy(Origin(scheme, host, port or _PORTS[scheme]), authorization)


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name, separator, wanted = entry.rpartition(":")
    if separator and wanted.isdigit() and (":" not in name or name.endswith("]")):
        if int(wanted) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    if "/" in entry:
        return _is_within(host, entry)
    suffix = entry.removeprefix("*")
    if suffix.startswith("."):
        return host.endswith(suffix)
    return host == suffix or host.endswith(f".{suffix}")


def _is_within(host: str, network: str) -> bool:
    # Asked for only by those who have a range.
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    numeric = host.replace(".", "").isdigit()
    return host in ("localhost", "::1") or (numeric and host.startswith("127."))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
