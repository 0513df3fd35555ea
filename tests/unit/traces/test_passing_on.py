"""What tracers send for other products: where it goes, with what, and what tracers are told."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.traces.serving import Place, serving

from serverless_init.wire import HttpServer, Origin, Request, Response


class Upstream:
    """An intake of another product: notes what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.response = Response(202, b'{"ok":1}')
        self.answering = asyncio.Event()
        self.answering.set()
        self.server = HttpServer(self._answer)
        self.port = self.server.bind("127.0.0.1", 0)

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        await self.answering.wait()
        return self.response


def run(
    scenario: Callable[[Place, Upstream], Any],
    environ: dict[str, str] | None = None,
    **options: Any,
) -> None:
    async def played() -> None:
        upstream = Upstream()
        await upstream.server.start()
        instead = Origin("http", "127.0.0.1", upstream.port)
        settings = {"DD_ENV": "test", "DD_APP_KEY": "app", "DD_LOGS_ENABLED": "true"}
        try:
            async with (
                asyncio.timeout(60),
                serving(
                    {**settings, **(environ or {})},
                    **{"instead": instead, "platform": "cloudrun", "tags": {"service_name": "shop"}}
                    | options,
                ) as place,
            ):
                await scenario(place, upstream)
        finally:
            upstream.server.close()

    asyncio.run(played())


@pytest.mark.parametrize(
    ("path", "named", "target"),
    [
        ("/profiling/v1/input", {}, "/api/v2/profile"),
        ("/v0.1/pipeline_stats", {}, "/api/v0.1/pipeline_stats"),
        ("/debugger/v1/diagnostics", {}, "/api/v2/debugger"),
        ("/debugger/v2/input", {}, "/api/v2/debugger"),
        ("/debugger/v1/input", {}, "/api/v2/logs"),
        ("/symdb/v1/input", {}, "/api/v2/debugger"),
        ("/tracer_flare/v1", {}, "/api/ui/support/serverless/flare"),
        ("/openlineage/api/v1/lineage", {}, "/api/v1/lineage"),
        ("/evp_proxy/v2/api/v2/llmobs", {"x_datadog_evp_subdomain": "llmobs"}, "/api/v2/llmobs"),
    ],
)
def test_a_request_goes_on_with_the_key_and_is_answered_as_its_intake_answers(
    path: str, named: dict[str, str], target: str
) -> None:
    async def scenario(place: Place, upstream: Upstream) -> None:
        upstream.response = Response(201, b"x" * 100_000, "text/x-special")
        answer = await place.ask(path, b"body", method="POST", content_type="a/b", **named)
        assert (answer.status, len(answer.body)) == (201, 100_000)
        assert answer.headers["Content-Type"] == "text/x-special"
        (request,) = upstream.requests
        assert (request.path, request.body) == (target, b"body")
        assert request.headers["content-type"] == "a/b"
        assert request.headers["via"].startswith("trace-agent ")
        if path.startswith("/openlineage"):
            assert request.headers["authorization"] == "Bearer key"
        else:
            assert request.headers["dd-api-key"] == "key"
        assert place.traces.stats.passed_on == 1

    run(scenario)


def test_a_profile_that_is_accepted_is_a_success() -> None:
    async def scenario(place: Place, _: Upstream) -> None:
        answer = await place.ask("/profiling/v1/input", b"profile", method="POST")
        assert (answer.status, answer.body) == (200, b'{"ok":1}')

    run(scenario)


def test_telemetry_is_answered_at_once_and_arrives_before_the_end() -> None:
    async def scenario(place: Place, upstream: Upstream) -> None:
        upstream.answering.clear()
        answer = await place.ask("/telemetry/proxy/api/v2/apmtelemetry", b"{}", method="POST")
        assert (answer.status, answer.body) == (200, b"{}")
        draining = asyncio.create_task(place.drained())
        while not upstream.requests:
            await asyncio.sleep(0.01)
        upstream.answering.set()
        await draining
        (request,) = upstream.requests
        assert request.path == "/api/v2/apmtelemetry"
        assert request.headers["dd-cloud-resource-type"] == "GCPCloudRun"
        assert request.headers["dd-cloud-resource-identifier"] == "shop"
        assert (place.traces.stats.passed_on, place.traces.stats.passing_failed) == (1, 0)

    run(scenario)


def test_telemetry_beyond_a_hundred_requests_is_refused_and_counted() -> None:
    async def scenario(place: Place, upstream: Upstream) -> None:
        upstream.answering.clear()
        path = "/telemetry/proxy/api/v2/apmtelemetry"
        answers = [await place.ask(path, b"{}", method="POST") for _ in range(101)]
        assert [answer.status for answer in answers] == [200] * 100 + [429]
        assert place.traces.stats.telemetry_dropped == 1
        upstream.answering.set()

    run(scenario)


@pytest.mark.parametrize(
    ("subdomain", "path", "why"),
    [
        ("", "/api/v2/x", b"X-Datadog-EVP-Subdomain is missing"),
        ("evil.com/", "/api/v2/x", b"X-Datadog-EVP-Subdomain is missing"),
        ("ok", "/api/v2/x%00", b"the path or the query"),
    ],
)
def test_what_could_lead_elsewhere_does_not_go_on(subdomain: str, path: str, why: bytes) -> None:
    async def scenario(place: Place, upstream: Upstream) -> None:
        answer = await place.ask(
            f"/evp_proxy/v2{path}", b"x", method="POST", x_datadog_evp_subdomain=subdomain
        )
        assert answer.status == 502
        assert answer.body.startswith(why)
        assert upstream.requests == []

    run(scenario)


def test_an_intake_that_is_not_there_is_a_bad_gateway() -> None:
    async def scenario(place: Place, _: Upstream) -> None:
        answer = await place.ask("/profiling/v1/input", b"x", method="POST")
        assert answer.status == 502
        assert place.traces.stats.passing_failed == 1

    run(scenario, instead=Origin("http", "127.0.0.1", 9))


def test_without_an_api_key_nothing_goes_on() -> None:
    async def scenario(place: Place, upstream: Upstream) -> None:
        answer = await place.ask("/profiling/v1/input", b"x", method="POST")
        assert (answer.status, upstream.requests) == (502, [])

    run(scenario, api_key=lambda: "")


def test_snapshots_end_here_when_logs_are_off() -> None:
    async def scenario(place: Place, upstream: Upstream) -> None:
        answer = await place.ask("/debugger/v1/input", b"x", method="POST")
        assert (answer.status, upstream.requests) == (200, [])

    run(scenario, {"DD_LOGS_ENABLED": "false"})
