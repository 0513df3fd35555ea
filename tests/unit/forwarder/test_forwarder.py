import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from serverless_init import __version__
from serverless_init.clock import Clock, SystemClock
from serverless_init.config import ForwarderSettings
from serverless_init.forwarder import Forwarder, IntakeEndpoint, Outlet, intake_endpoints
from serverless_init.lifecycle import Drained
from serverless_init.model import INTAKE, SERIES_V2, Payload, PayloadKind, Priority
from serverless_init.testing import ManualClock
from serverless_init.wire import ClientResponse, HttpClient

KEY = "0123456789abcdef0123456789abcdef"
PROTOBUF = "application/x-protobuf"


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


def payload(samples: int, body: bytes = b"", priority: Priority = Priority.NORMAL) -> Payload:
    body = body or str(samples).encode()
    return Payload(PayloadKind.SERIES, SERIES_V2, body, PROTOBUF, "zstd", 1, samples, priority)


class Said:
    """The lines for the operator, by level."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, level: str, text: str) -> None:
        self.lines.append((level, text))


def forwarder(
    server: Any,
    *,
    prefix: str = "",
    report: Any = None,
    clock: Clock | None = None,
    **settings: Any,
) -> Forwarder:
    scheme = "https" if settings.get("skip_tls_validation") else "http"
    return Forwarder(
        ForwarderSettings(api_key=KEY, **settings),
        clock=clock or SystemClock(),
        endpoints=(IntakeEndpoint(scheme, server.host, server.port, prefix, KEY),),
        report=report or Said(),
    )


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def bodies(server: Any) -> list[bytes]:
    return sorted(request.body for request in server.requests)


def test_a_payload_is_posted_with_the_intakes_headers(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server, prefix="/gateway")
            await sink.start()
            sink.submit(payload(3, b"\x01\x02"))
            report = await sink.drain(soon())
            sink.close()
        (request,) = server.requests
        assert (request.method, request.target) == ("POST", "/gateway/api/v2/series")
        assert request.body == b"\x01\x02"
        assert request.headers == {
            "host": f"127.0.0.1:{server.port}",
            "dd-api-key": KEY,
            "dd-agent-version": __version__,
            "user-agent": f"serverless-init/{__version__}",
            "content-type": PROTOBUF,
            "content-encoding": "zstd",
            "dd-agent-payload": "4.87.0",
            "content-length": "2",
        }
        assert report == Drained(accepted=3, passed_on=3)
        assert sink.stats.connections_opened == 1

    run(story())


def test_a_payload_and_a_setting_bring_headers_of_their_own(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server, allow_arbitrary_tags=True)
            await sink.start()
            own = (("DD-PROTOCOL", "agent-json"), ("X-Datadog-Reported-Languages", "python|go"))
            sink.submit(Payload(PayloadKind.SERIES, SERIES_V2, b"x", "t", "", 0, 1, headers=own))
            await sink.drain(soon())
            sink.close()
        headers = server.requests[0].headers
        assert headers["dd-protocol"] == "agent-json"
        assert headers["allow-arbitrary-tag-value"] == "true"
        assert headers["x-datadog-reported-languages"] == "python|go"

    run(story())


def test_json_without_encoding_has_neither_header(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server)
            await sink.start()
            sink.submit(Payload(PayloadKind.EVENTS, INTAKE, b"{}", "application/json", "", 0, 1))
            await sink.drain(soon())
            sink.close()
        headers = server.requests[0].headers
        assert server.requests[0].target == "/intake/"
        assert "content-encoding" not in headers
        assert "dd-agent-payload" not in headers

    run(story())


def test_without_a_key_everything_is_counted_as_dropped_and_said_once() -> None:
    async def story() -> None:
        said = Said()
        settings = ForwarderSettings()
        endpoints = intake_endpoints(settings)
        sink = Forwarder(settings, clock=SystemClock(), endpoints=endpoints, report=said)
        await sink.start()
        sink.submit(payload(2))
        sink.submit(payload(3))
        report = await sink.drain(soon())
        sink.close()
        assert report == Drained(accepted=5, dropped={"no_api_key": 5})
        ((level, line),) = said.lines
        assert level == "warning"
        assert line.startswith("no API key, so all telemetry is dropped: set DD_API_KEY")

    run(story())


def test_what_is_submitted_before_the_start_is_sent_after_it(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server)
            sink.submit(payload(1))
            assert (sink.held, server.requests) == (1, [])
            await sink.start()
            await server.received(1)
            sink.close()

    run(story())


def test_what_is_submitted_after_the_drain_is_counted_as_dropped(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server)
            await sink.start()
            await sink.drain(soon())
            sink.submit(payload(4))
            sink.close()
        assert sink.stats.samples_dropped == {"after_stop": 4}
        assert server.requests == []

    run(story())


def test_closing_accounts_for_what_is_left_and_can_be_repeated(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.hang()) as server:
            sink = forwarder(server, concurrent_requests_max=1)
            await sink.start()
            sink.submit(payload(1))
            sink.submit(payload(2))
            await server.received(1)
            sink.close()
            sink.close()
        assert sink.stats.samples_dropped == {"unconfirmed": 1, "closed": 2}
        assert sink.held == 0

    run(story())


def test_starting_twice_is_our_mistake(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server)
            await sink.start()
            with pytest.raises(AssertionError, match="started once"):
                await sink.start()
            sink.close()

    run(story())


def test_every_endpoint_gets_every_payload_and_fails_alone(scripted_server: Any) -> None:
    async def story() -> None:
        ok, bad = scripted_server.answer(), scripted_server.answer(400)
        async with scripted_server(ok) as one, scripted_server(bad) as two:
            sink = Forwarder(
                ForwarderSettings(),
                clock=SystemClock(),
                endpoints=tuple(
                    IntakeEndpoint("http", server.host, server.port, "", KEY)
                    for server in (one, two)
                ),
                report=Said(),
            )
            await sink.start()
            sink.submit(payload(5))
            report = await sink.drain(soon())
            sink.close()
        assert report == Drained(accepted=5, passed_on=5)
        url = f"http://127.0.0.1:{two.port}"
        account = Drained(accepted=5, dropped={"refused_400": 5})
        assert sink.elsewhere() == {f"{url} (key cdef)": (url, account)}
        assert bodies(one) == bodies(two) == [b"5"]

    run(story())


def test_an_endpoint_gets_only_the_payloads_that_are_for_it(scripted_server: Any) -> None:
    async def story() -> None:
        async with (
            scripted_server(scripted_server.answer()) as one,
            scripted_server(scripted_server.answer()) as two,
        ):
            main = IntakeEndpoint("http", one.host, one.port, "", KEY, configured="https://a")
            other = IntakeEndpoint("http", two.host, two.port, "", KEY)
            sink = Forwarder(
                ForwarderSettings(), clock=SystemClock(), endpoints=(main, other), report=Said()
            )
            await sink.start()
            sink.submit(replace(payload(1), destinations=frozenset({"https://a"})))
            sink.submit(replace(payload(2), destinations=frozenset({other.url})))
            sink.submit(replace(payload(4), destinations=frozenset({"https://a", other.url})))
            report = await sink.drain(soon())
            sink.close()
        assert report == Drained(accepted=5, passed_on=5)
        assert [account for _, account in sink.elsewhere().values()] == [
            Drained(accepted=6, passed_on=6)
        ]
        assert (bodies(one), bodies(two)) == ([b"1", b"4"], [b"2", b"4"])

    run(story())


def test_a_timeout_that_cannot_be_is_replaced_and_said(scripted_server: Any) -> None:
    async def story() -> None:
        said = Said()
        async with scripted_server(scripted_server.answer(after_s=0.05)) as server:
            sink = forwarder(server, timeout_s=0.0, backoff_factor=1.0, report=said)
            await sink.start()
            sink.submit(payload(1))
            assert (await sink.drain(soon())).passed_on == 1
            sink.close()
        assert said.lines == [
            ("warning", "DD_FORWARDER_BACKOFF_FACTOR=1 cannot be; 2 is used"),
            ("warning", "DD_FORWARDER_TIMEOUT=0 cannot be; 20 is used"),
        ]

    run(story())


def test_high_priority_is_sent_before_what_waits(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server, concurrent_requests_max=1)
            sink.submit(payload(1))
            sink.submit(payload(2, priority=Priority.HIGH))
            await sink.start()
            await sink.drain(soon())
            sink.close()
        assert [request.body for request in server.requests] == [b"2", b"1"]

    run(story())


def test_no_more_requests_are_in_flight_than_slots(scripted_server: Any) -> None:
    async def story() -> None:
        released = asyncio.Event()
        async with scripted_server(scripted_server.answer_when(released)) as server:
            sink = forwarder(server, workers=2, concurrent_requests_max=3)
            await sink.start()
            for samples in range(1, 10):
                sink.submit(payload(samples))
            await server.received(6)
            await asyncio.sleep(0.05)
            assert (len(server.requests), sink.held) == (6, 45)
            released.set()
            assert (await sink.drain(soon())).passed_on == 45
            sink.close()
        assert server.connections == 6

    run(story())


def test_an_intake_that_keeps_up_gets_one_request_after_the_other(scripted_server: Any) -> None:
    """A flush of a dozen payloads opened a dozen connections, each with a handshake of its own."""

    async def story() -> None:
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server)
            await sink.start()
            for samples in range(1, 13):
                sink.submit(payload(samples))
            await server.received(12)
            assert server.connections == 1
            assert (await sink.drain(soon())).passed_on == 78
            sink.close()
        assert [request.body for request in server.requests] == [b"%d" % n for n in range(1, 13)]

    run(story())


def test_many_payloads_that_wait_open_further_connections(scripted_server: Any) -> None:
    async def story() -> None:
        clock = ManualClock()  # stands still: no request is slow
        released = asyncio.Event()
        async with scripted_server(scripted_server.answer_when(released)) as server:
            sink = forwarder(server, clock=clock)
            await sink.start()
            for samples in range(1, 60):
                sink.submit(payload(samples))
            await server.received(4)
            await asyncio.sleep(0.05)
            assert len(server.requests) == 4
            released.set()
            await sink.drain(clock.monotonic() + 5)
            sink.close()

    run(story())


def test_a_request_that_http_cannot_carry_is_dropped_and_said(scripted_server: Any) -> None:
    async def story() -> None:
        said = Said()
        async with scripted_server(scripted_server.answer()) as server:
            sink = forwarder(server, prefix="/a b", report=said)
            await sink.start()
            sink.submit(payload(1))
            report = await sink.drain(soon())
            sink.close()
        assert report.dropped == {"invalid_request": 1}
        assert sink.stats.errors == {"invalid_request": 1}
        assert said.lines == [
            (
                "warning",
                f"http://127.0.0.1:{server.port}/a b/api/v2/series: a payload is dropped: "
                "invalid_request: the URL or a header cannot stand in an HTTP request",
            )
        ]

    run(story())


def test_our_own_mistake_costs_one_payload_and_a_line(scripted_server: Any) -> None:
    class Mistaken(HttpClient):
        async def send(self, *args: Any, **kwargs: Any) -> ClientResponse:
            raise ZeroDivisionError("oops")

    async def story() -> None:
        said = Said()
        sink = Forwarder(
            ForwarderSettings(),
            clock=SystemClock(),
            endpoints=(IntakeEndpoint("http", "a", 80, "", KEY),),
            report=said,
            outlet=Outlet(Mistaken(), report=Said()),
        )
        await sink.start()
        sink.submit(payload(1))
        assert (await sink.drain(soon())).dropped == {"internal_error": 1}
        sink.close()
        line = "http://a/api/v2/series: a payload is dropped: ZeroDivisionError: oops"
        assert said.lines == [("warning", line)]

    run(story())


def test_a_flush_sends_what_is_held_and_the_forwarder_goes_on(scripted_server: Any) -> None:
    async def story() -> None:
        broken, ok = scripted_server.answer(500), scripted_server.answer()
        async with scripted_server(broken, broken, ok) as server:
            sink = forwarder(server)
            await sink.start()
            sink.submit(payload(1))
            await server.received(1)
            await sink.flush(soon())
            assert (sink.held, sink.stats.samples_delivered) == (0, 1)
            sink.submit(payload(2))
            await server.received(4)
            assert (await sink.drain(soon())).passed_on == 3
            sink.close()

    run(story())


def test_a_flush_that_fails_ends_at_its_deadline_and_drops_nothing(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(500)) as server:
            sink = forwarder(server)
            await sink.start()
            sink.submit(payload(1))
            began = time.monotonic()
            await sink.flush(soon(0.3))
            assert 0.3 <= time.monotonic() - began < 0.4
            assert (sink.held, sink.stats.samples_dropped) == (1, {})
            requests = len(server.requests)
            await asyncio.sleep(0.3)
            assert len(server.requests) == requests  # the backoff of seconds is back
            sink.close()

    run(story())


def test_a_flush_does_not_wait_for_what_comes_after_it(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), scripted_server.hang()) as server:
            sink = forwarder(server)
            await sink.start()
            sink.submit(payload(1))
            flushing = asyncio.create_task(sink.flush(soon()), name="flush")
            await server.received(1)
            sink.submit(payload(2))
            await asyncio.wait_for(flushing, 2)
            assert sink.held == 2
            sink.close()

    run(story())


def test_waking_sends_what_backs_off(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(503), scripted_server.answer()) as server:
            sink = forwarder(server)
            await sink.start()
            sink.submit(payload(1))
            while not sink.stats.http_errors:
                await asyncio.sleep(0)
            sink.wake()
            await asyncio.wait_for(server.received(2), 1)
            assert (await sink.drain(soon())).passed_on == 1
            sink.close()

    run(story())


def test_a_retry_happens_as_soon_as_the_window_is_over(scripted_server: Any) -> None:
    async def story() -> None:
        said = Said()
        async with scripted_server(scripted_server.answer(503), scripted_server.answer()) as server:
            sink = forwarder(server, backoff_base_s=0.05, report=said)
            await sink.start()
            began = time.monotonic()
            sink.submit(payload(1))
            await server.received(2)
            assert 0.05 <= time.monotonic() - began < 1.5
            await sink.drain(soon())
            sink.close()
        url = f"http://127.0.0.1:{server.port}/api/v2/series"
        assert said.lines == [
            (
                "warning",
                f'cannot deliver to {url}, retrying: status 503: {{"errors":[]}}',
            ),
            ("info", f"delivering to {url} again"),
        ]
        assert (sink.stats.requests, sink.stats.retries) == (2, 1)
        assert sink.stats.http_errors == {503: 1}

    run(story())


def test_a_retry_waits_as_long_as_the_intake_asks(scripted_server: Any) -> None:
    async def story() -> None:
        busy = scripted_server.answer(429, headers="Retry-After: 1\r\n")
        async with scripted_server(busy, scripted_server.answer()) as server:
            sink = forwarder(server, backoff_base_s=0.001)
            await sink.start()
            began = time.monotonic()
            sink.submit(payload(1))
            await server.received(2)
            assert time.monotonic() - began >= 1.0
            await sink.drain(soon())
            sink.close()
        assert sink.stats.samples_delivered == 1

    run(story())


def test_a_self_signed_intake_is_reached_without_validation(scripted_server: Any) -> None:
    async def story() -> None:
        async with scripted_server(scripted_server.answer(), tls=True) as server:
            sink = forwarder(server, skip_tls_validation=True)
            await sink.start()
            sink.submit(payload(1))
            assert (await sink.drain(soon())).passed_on == 1
            sink.close()

    run(story())
