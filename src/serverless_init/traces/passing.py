"""What tracers send for other products of Datadog: where each request goes, and how it changes.

A tracer knows one address, ours. Profiles, its own telemetry, the debugger's snapshots, the event
platform's requests and some more arrive beside the traces and go on, with an API key and with what
is known of the place, to an intake each. The body is never looked into.

Pure: a request in, the requests to send out. The key is not in them; whoever sends puts it in.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urlencode

from serverless_init import __version__
from serverless_init.config import PassingSettings
from serverless_init.errors import RequestRefused, SettingError
from serverless_init.wire import ClientRequest, Origin, Request

# The event platform's own rule for what may stand in a request that goes on.
_SUBDOMAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_EVP_PATH = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-+")
_EVP_QUERY = _EVP_PATH | frozenset('@?&=.:"[]')
EVP_HEADERS = (
    "Content-Type",
    "Accept-Encoding",
    "Content-Encoding",
    "User-Agent",
    "DD-CI-PROVIDER-NAME",
)
_EVP_PREFIXES = tuple(f"/evp_proxy/v{version}" for version in range(1, 5))
_DDTAGS_MAX = 4001
_VIA = ("Via", f"trace-agent {__version__}")
# These belong to the connection, are set anew, or say who is asked.
_NOT_PASSED = frozenset(
    [
        "connection",
        "content-length",
        "transfer-encoding",
        "host",
        "te",
        "upgrade",
        "keep-alive",
        "expect",
        "proxy-connection",
        "dd-api-key",
        "via",
        "trailer",
    ]
)
# What the telemetry's intake is told of the platform, by our own origin: provider, kind of
# resource, and the tag that identifies it.
_CLOUDS = {
    "cloudrun": ("GCP", "GCPCloudRun", "service_name"),
    "cloudfunction": ("GCP", "GCPCloudFunctions", "service_name"),
    "appservice": ("Azure", "AzureAppService", "app_name"),
    "containerapp": ("Azure", "AzureContainerApp", "app_name"),
}
_TIMEOUT_S = 30.0
_TELEMETRY_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of the place. `instead` takes everything, whatever the host: the local intake.

    `apm` is where traces go. `origin` names the platform; `tags` are those of all traces.
    """

    site: str
    apm: Origin
    instead: Origin | None = None
    host: str = ""
    env: str = ""
    origin: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    profile_tags: Mapping[str, str] = field(default_factory=dict)
    logs_enabled: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request to send. `api_key` None is the main intake's; `bearer` puts it as a token."""

    request: ClientRequest
    api_key: str | None = None
    bearer: bool = False
    timeout_s: float = _TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Passed:
    """What to do with a request: send `main` and answer as it is answered; `copies` go besides.

    `at_once` answers 200 before anything is sent. Without `main` the request ends here.
    """

    main: Outgoing | None = None
    copies: tuple[Outgoing, ...] = ()
    at_once: bool = False


ENDS_HERE = Passed()


class Passing:
    """Decides for each request that is not ours where it goes."""

    def __init__(self, settings: PassingSettings, surroundings: Place) -> None:
        self._settings = settings
        self._place = surroundings
        self._exact: dict[str, Callable[[Request], Passed]] = {
            "/profiling/v1/input": self._profile,
            "/debugger/v1/input": self._snapshot,
            "/debugger/v1/diagnostics": self._diagnostics,
            "/debugger/v2/input": self._diagnostics,
            "/symdb/v1/input": self._symbols,
            "/v0.1/pipeline_stats": self._pipeline_stats,
            "/tracer_flare/v1": self._flare,
        }
        if settings.lineage_enabled:
            self._exact["/openlineage/api/v1/lineage"] = self._lineage
        self._prefixes: dict[str, Callable[[Request], Passed]] = {
            prefix + "/": self._event_platform for prefix in _EVP_PREFIXES
        }
        if settings.telemetry_enabled:
            self._prefixes["/telemetry/proxy/"] = self._telemetry

    def takes(self, path: str) -> bool:
        """Whether requests to `path` are passed on."""
        return self._route(path) is not None

    def pass_on(self, request: Request) -> Passed:
        """What becomes of `request`. Raises `RequestRefused` with the status that tracers know."""
        route = self._route(request.path)
        if route is None:
            raise RequestRefused(404, "404 page not found")
        return route(request)

    def _route(self, path: str) -> Callable[[Request], Passed] | None:
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        found = (route for prefix, route in self._prefixes.items() if path.startswith(prefix))
        return next(found, None)

    def _profile(self, request: Request) -> Passed:
        settings = self._settings
        _check_length(request, settings.profiling_bytes_max)
        place = self._place
        tags = {"host": place.host, "default_env": place.env, "agent_version": __version__}
        headers = (*_headers(request), ("X-Datadog-Additional-Tags", _joined(tags, place)))
        url = settings.profiling_url or f"https://intake.profile.{place.site}/api/v2/profile"
        return Passed(
            self._to(url, request, headers),
            copies=tuple(
                self._to(further, request, headers, api_key=key)
                for further, keys in settings.profiling_additional_endpoints
                for key in keys
            ),
        )

    def _telemetry(self, request: Request) -> Passed:
        place = self._place
        url = (
            self._settings.telemetry_url or f"https://instrumentation-telemetry-intake.{place.site}"
        )
        path = request.path.removeprefix("/telemetry/proxy")
        headers = (
            *_headers(request),
            ("DD-Agent-Hostname", place.host),
            ("DD-Agent-Env", place.env),
            *_cloud(place),
        )
        target = path + (f"?{request.query}" if request.query else "")
        sent = self._to(url.rstrip("/") + target, request, headers, timeout_s=_TELEMETRY_TIMEOUT_S)
        return Passed(sent, at_once=True)

    def _event_platform(self, request: Request) -> Passed:
        settings, place = self._settings, self._place
        if not settings.evp_enabled:
            raise RequestRefused(405, "EVPProxy is disabled: by evp_proxy_config.enabled")
        _check_length(request, settings.evp_bytes_max)
        given = request.headers
        subdomain = given.get("x-datadog-evp-subdomain", "")
        path = "/" + request.path.split("/", 3)[3]
        if not subdomain or not _SUBDOMAIN.issuperset(subdomain):
            raise RequestRefused(502, "X-Datadog-EVP-Subdomain is missing or has other characters")
        if not _EVP_PATH.issuperset(path) or not _EVP_QUERY.issuperset(unquote_plus(request.query)):
            raise RequestRefused(502, "the path or the query has characters that do not go on")
        kept = [(name, given[name.lower()]) for name in EVP_HEADERS if name.lower() in given]
        kept += [
            _VIA,
            ("X-Datadog-Hostname", place.host),
            ("X-Datadog-AgentDefaultEnv", place.env),
        ]
        if container := given.get("datadog-container-id"):
            kept.append(("Datadog-Container-ID", container))
        if given.get("x-datadog-needsappkey", "").lower() == "true":
            if not settings.app_key:
                raise RequestRefused(502, "an application key is needed: set DD_APP_KEY")
            kept.append(("DD-APPLICATION-KEY", settings.app_key))
        site = settings.evp_url or place.site
        target = path + (f"?{request.query}" if request.query else "")
        timeout_s = _seconds(given.get("x-datadog-timeout", ""))
        return Passed(
            self._to(
                f"https://{subdomain}.{site}{target}", request, tuple(kept), timeout_s=timeout_s
            )
        )

    def _snapshot(self, request: Request) -> Passed:
        if not self._place.logs_enabled:
            return ENDS_HERE
        url = self._settings.debugger_url
        url = url or f"https://http-intake.logs.{self._place.site}/api/v2/logs"
        return self._debugging(request, url, "agent-debugger")

    def _diagnostics(self, request: Request) -> Passed:
        url = self._settings.debugger_diagnostics_url or self._debugger_intake()
        return self._debugging(request, url, "agent-debugger")

    def _symbols(self, request: Request) -> Passed:
        url = self._settings.symbols_url or self._debugger_intake()
        return self._debugging(request, url, "agent-symdb")

    def _debugger_intake(self) -> str:
        return f"https://debugger-intake.{self._place.site}/api/v2/debugger"

    def _debugging(self, request: Request, url: str, origin: str) -> Passed:
        place = self._place
        said = {"host": place.host, "default_env": place.env, "agent_version": __version__}
        ddtags = ",".join(f"{key}:{value}" for key, value in said.items() if value)
        query = urlencode({"ddtags": ddtags[:_DDTAGS_MAX]})
        headers = (
            *_headers(request),
            ("DD-REQUEST-ID", str(uuid.uuid4())),
            ("DD-EVP-ORIGIN", origin),
        )
        return Passed(self._to(f"{url}?{query}", request, headers))

    def _pipeline_stats(self, request: Request) -> Passed:
        place = self._place
        tags = {"host": place.host, "default_env": place.env, "agent_version": __version__}
        headers = (*_headers(request), ("X-Datadog-Additional-Tags", _joined(tags, place)))
        sent = ClientRequest(
            place.instead or place.apm, "POST", "/api/v0.1/pipeline_stats", headers, request.body
        )
        return Passed(Outgoing(sent))

    def _lineage(self, request: Request) -> Passed:
        settings = self._settings
        url = settings.lineage_url
        url = url or f"https://data-obs-intake.{self._place.site}/api/v1/lineage"
        version = f"?api-version={settings.lineage_api_version}"
        return Passed(self._to(url + version, request, _headers(request), bearer=True))

    def _flare(self, request: Request) -> Passed:
        dashed = __version__.replace(".", "-")
        url = f"https://{dashed}-flare.{self._place.site}/api/ui/support/serverless/flare"
        return Passed(self._to(url, request, _headers(request)))

    def _to(
        self,
        url: str,
        request: Request,
        headers: tuple[tuple[str, str], ...],
        *,
        api_key: str | None = None,
        bearer: bool = False,
        timeout_s: float = _TIMEOUT_S,
    ) -> Outgoing:
        origin, target = _parts(url)
        origin = self._place.instead or origin
        sent = ClientRequest(origin, "POST", target, headers, request.body)
        return Outgoing(sent, api_key, bearer, timeout_s)


def check_settings(settings: PassingSettings) -> tuple[str, ...]:
    """A line for each URL among `settings` that no request can go to."""
    named = {
        "apm_config.telemetry.dd_url": settings.telemetry_url,
        "apm_config.profiling_dd_url": settings.profiling_url,
        "apm_config.debugger_dd_url": settings.debugger_url,
        "apm_config.debugger_diagnostics_dd_url": settings.debugger_diagnostics_url,
        "apm_config.symdb_dd_url": settings.symbols_url,
        "ol_proxy_config.dd_url": settings.lineage_url,
    }
    problems = []
    for name, url in named.items():
        try:
            _parts(url or "https://unset")
        except SettingError as error:
            problems.append(f"{name}: {error.why}: what is sent there is refused")
    return tuple(problems)


def _parts(url: str) -> tuple[Origin, str]:
    """Where `url` leads and what is asked for there. Raises `SettingError`."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        host, port = authority, ""
    default = {"https": 443, "http": 80}.get(scheme)
    if not separator or default is None or not host or (port and not port.isdecimal()):
        raise SettingError("URL", url, "must be https://host[:port]/path")
    return Origin(scheme, host.strip("[]"), int(port or default)), (slash or "/") + path


def _headers(request: Request) -> tuple[tuple[str, str], ...]:
    """What the client sent, without what belongs to its connection, and who passes it on."""
    kept = ((name, value) for name, value in request.headers.items() if name not in _NOT_PASSED)
    return (*kept, _VIA)


def _joined(tags: Mapping[str, str], place: Place) -> str:
    everything = {**tags, **place.profile_tags}
    return ",".join(f"{key}:{value}" for key, value in everything.items())


def _cloud(place: Place) -> tuple[tuple[str, str], ...]:
    known = _CLOUDS.get(place.origin)
    if known is None:
        return ()
    provider, kind, tag = known
    return (
        ("dd-cloud-provider", provider),
        ("dd-cloud-resource-type", kind),
        ("dd-cloud-resource-identifier", place.tags.get(tag, "")),
    )


def _check_length(request: Request, bytes_max: int) -> None:
    if len(request.body) > bytes_max:
        raise RequestRefused(413, f"a body has at most {bytes_max} bytes")


def _seconds(text: str) -> float:
    """The timeout a client asks for, within reason."""
    try:
        return min(max(float(text), 0.1), _TIMEOUT_S)
    except ValueError:
        return _TIMEOUT_S
