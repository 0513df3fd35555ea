"""The receiver as tracers see it: what each request is answered, and what becomes of its spans."""

import asyncio
import gzip
import json
import socket
import time
from typing import Any

import msgpack
import pytest
import zstandard
from tests.unit.traces.serving import PATIENCE_S, Answer, Place, serving, span

from serverless_init import __version__
from serverless_init.model import Span, TraceChunk, TracerPayload
from serverless_init.traces.answers import rates
from serverless_init.traces.samplers import Rates
from serverless_init.wire import Response

NO_RATES = b'{"rate_by_service": {}}\n'
TRACES = [[span()]]
V05 = [["", "shop", "web", "GET /"], [[[1, 2, 3, 77, 1, 0, time.time_ns(), 5, 0, {}, {}, 0]]]]
V07 = {"language_name": "go", "chunks": [{"priority": 1, "spans": [span()]}]}
SPAN_V10 = {1: "shop", 2: "web", 3: "GET /", 4: 1, 6: time.time_ns(), 7: 5}
V10 = {
    2: "c1",
    3: "go",
    11: [
        {1: 1, 4: [{1: "shop", 2: "web", 3: "GET /", 4: 1, 6: time.time_ns(), 7: 5}], 6: b"\1" * 16}
    ],
}


def run(scenario: Any, environ: dict[str, str] | None = None) -> Any:
    async def played() -> Any:
        async with asyncio.timeout(60), serving(environ) as place:
            return await scenario(place)

    return asyncio.run(played())


def answered(
    path: str, body: bytes, environ: dict[str, str] | None = None, **headers: str
) -> Answer:
    async def scenario(place: Place) -> Answer:
        return await place.ask(path, body, **headers)

    answer: Answer = run(scenario, environ)
    return answer


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/v0.3/traces", TRACES, b"OK\n"),
        ("/v0.4/traces", TRACES, NO_RATES),
        ("/v0.5/traces", V05, NO_RATES),
        ("/v0.7/traces", V07, NO_RATES),
        ("/v1.0/traces", V10, NO_RATES),
    ],
)
def test_each_version_of_the_api_is_taken_and_answered_as_its_tracers_expect(
    path: str, body: Any, told: bytes
) -> None:
    async def scenario(place: Place) -> tuple[Answer, list[tuple[str, str]]]:
        answer = await place.put(path, body)
        report = await place.drained()
        assert (report.accepted, report.passed_on, report.held) == (1, 1, 0)
        return answer, [(span.service, span.resource) for span in place.spans]

    answer, spans = run(scenario)
    assert (answer.status, answer.body) == (200, told)
    assert spans == [("shop", "GET /")]
    assert answer.headers["Datadog-Agent-Version"] == __version__
    assert len(answer.headers["Datadog-Agent-State"]) == 64


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status", "why"),
    [
        ("/v0.4/traces", b"", "application/msgpack", 400, b"too few bytes left to read object\n"),
        ("/v0.4/traces", b"\x90", "application/msgpack", 200, NO_RATES),
        ("/v0.4/traces", b"[]", "", 200, NO_RATES),
        ("/v0.2/traces", b"\x90", "application/msgpack", 415, b'unsupported media type: "applicat'),
        ("/v0.1/spans", b"[]", "application/json", 200, b"OK\n"),
        ("/v0.4/services", b"anything", "", 200, b"OK\n"),
        ("/v9/traces", b"", "", 404, b"404 page not found\n"),
        ("/v0.6/stats", b"\xc1", "application/msgpack", 400, b""),
    ],
)
def test_a_request_is_answered_with_the_status_that_tracers_know(
    path: str, body: bytes, content_type: str, status: int, why: bytes
) -> None:
    answer = answered(path, body, **({"content_type": content_type} if content_type else {}))
    assert answer.status == status
    assert answer.body.startswith(why)


def test_a_body_that_cannot_be_read_counts_as_one_in_the_account() -> None:
    async def scenario(place: Place) -> None:
        broken = [[span(error="yes")]]
        answer = await place.put("/v0.4/traces", broken)
        assert answer.status == 400
        assert b"error" in answer.body.lower()
        report = await place.drained()
        assert report.accepted == 1
        assert report.dropped == {"request_malformed": 1}
        assert report.balanced

    run(scenario)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/dogstatsd/v2/proxy", {"content_encoding": "gzip"}, 400),
        ("/evp_proxy/v2/api/v2/llmobs", {"x_datadog_evp_subdomain": "evil.com/"}, 502),
        ("/evp_proxy/v2/api/v2/llmobs", {}, 502),
    ],
)
def test_a_refused_request_that_has_no_spans_is_in_no_account_of_theirs(
    path: str, headers: dict[str, str], status: int
) -> None:
    """Lines for DogStatsD that cannot be inflated, or a wrong subdomain, counted as a lost span."""

    async def scenario(place: Place) -> None:
        answer = await place.ask(path, b"not gzip", method="POST", **headers)
        assert answer.status == status
        report = await place.drained()
        assert (report.accepted, report.dropped) == (0, {})

    run(scenario)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_compressed_body_is_taken(encoding: str) -> None:
    body = msgpack.packb(TRACES)
    packed = gzip.compress(body) if encoding == "gzip" else zstandard.compress(body)

    async def scenario(place: Place) -> None:
        answer = await place.ask(
            "/v0.4/traces", packed, content_type="application/msgpack", content_encoding=encoding
        )
        assert answer.status == 200
        await place.drained()
        assert len(place.spans) == 1

    run(scenario)


def test_a_body_beyond_the_limit_is_refused_before_and_after_decompression() -> None:
    async def scenario(place: Place) -> None:
        small = gzip.compress(b"\x90" + b"\0" * 2_000)
        headers = {"content_type": "application/msgpack", "content_encoding": "gzip"}
        assert (await place.ask("/v0.4/traces", small, **headers)).status == 413
        large = b"\x90" + b"\0" * 2_000
        answer = await place.ask("/v0.4/traces", large, content_type="application/msgpack")
        assert answer.status == 413
        report = await place.drained()
        assert report.dropped == {"request_too_large": 2}

    run(scenario, {"DD_APM_MAX_PAYLOAD_SIZE": "1000"})


def test_a_client_that_does_not_finish_its_request_is_told_and_counted() -> None:
    def half(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
            client.sendall(b"PUT /v0.4/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
            return client.recv(1000)

    async def scenario(place: Place) -> None:
        told = await asyncio.to_thread(half, place.port)
        assert told.startswith(b"HTTP/1.1 408 ")
        report = await place.drained()
        assert report.dropped == {"request_timed_out": 1}

    run(scenario, {"DD_APM_RECEIVER_TIMEOUT": "1"})


def test_a_chunked_body_that_asks_whether_to_go_on_is_taken_and_the_connection_kept() -> None:
    body = msgpack.packb(TRACES)
    head = b"PUT /v0.4/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)

    def twice(port: int) -> bytes:
        told = b""
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
            for number in (1, 2):
                client.sendall(head + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
                while told.count(b"100") < number:
                    told += client.recv(1000)
                client.sendall(chunked)
                while told.count(NO_RATES) < number:
                    told += client.recv(1000)
        return told

    async def scenario(place: Place) -> None:
        told = await asyncio.to_thread(twice, place.port)
        assert told.count(b"HTTP/1.1 200 ") == 2
        assert (await place.drained()).accepted == 2

    run(scenario)


def test_a_tracer_that_knows_the_rates_is_told_nothing_new() -> None:
    current = Rates({"service:,env:": 0.5}, "6b03579c-1")
    whole = b'{"rate_by_service": {"service:,env:": 0.5}}\n'
    told = (("Datadog-Rates-Payload-Version", "6b03579c-1"),)
    assert rates(current, "") == Response(200, whole)
    assert rates(current, "6b03579c-0") == Response(200, whole, headers=told)
    assert rates(current, "6b03579c-1") == Response(200, b"{}\n", headers=told)


def test_the_language_in_the_headers_names_a_service_without_a_name() -> None:
    async def scenario(place: Place) -> None:
        await place.put(
            "/v0.4/traces",
            [[span(service="")]],
            datadog_meta_lang="ruby",
            datadog_meta_tracer_version="2.1",
            datadog_container_id="c1",
        )
        await place.drained()
        (arrived,) = place.spans
        assert arrived.service == "unnamed-ruby-service"
        assert (arrived.tracer.language, arrived.tracer.tracer_version) == ("ruby", "2.1")
        assert arrived.tracer.container_id == "c1"
        headers = dict(place.spans_sink.payloads[0].headers)
        assert headers == {"X-Datadog-Reported-Languages": "ruby"}

    run(scenario)


def test_what_a_tracer_has_counted_itself_is_passed_on_and_not_counted_again() -> None:
    group = {"Service": "shop", "Name": "web", "Resource": "GET /", "Hits": 7, "Duration": 70}
    payload = {"Env": "Test", "Stats": [{"Start": time.time_ns(), "Stats": [group]}]}

    async def scenario(place: Place) -> None:
        await place.put("/v0.4/traces", TRACES, datadog_client_computed_stats="true")
        answer = await place.put("/v0.6/stats", payload, datadog_meta_lang="go")
        assert (answer.status, answer.body) == (200, b"")
        await place.drained()
        (counted,) = place.groups
        assert (counted.service, counted.hits, counted.env) == ("shop", 7, "test")
        assert counted.client_computed
        assert place.traces.groups_account().balanced

    run(scenario)


def test_the_bucket_that_is_not_over_is_counted_at_the_end() -> None:
    async def scenario(place: Place) -> None:
        await place.put("/v0.4/traces", [[span()], [span()]])
        await place.drained()
        (counted,) = place.groups
        assert (counted.name, counted.hits) == ("web.request", 2)

    run(scenario)


def test_lines_for_dogstatsd_become_packets() -> None:
    async def scenario(place: Place) -> None:
        answer = await place.ask("/dogstatsd/v2/proxy", b"a:1|c\n\nb:2|g\n", method="POST")
        assert answer.status == 200
        assert place.packets == [b"a:1|c", b"b:2|g"]

    run(scenario)


def test_a_page_of_another_site_is_refused() -> None:
    answer = answered("/v0.4/traces", b"\x90", sec_fetch_site="cross-site")
    assert (answer.status, answer.body) == (403, b"cross-site request rejected\n")


def test_info_tells_what_is_served_and_its_digest_stands_in_other_answers() -> None:
    async def scenario(place: Place) -> None:
        info = await place.ask("/info", method="GET")
        told = json.loads(info.body)
        assert told["client_drop_p0s"] is True
        assert "/v0.4/traces" in told["endpoints"]
        assert "/evp_proxy/v4/" not in told["endpoints"]
        assert told["config"]["default_env"] == "test"
        assert told["ignore_resources"] == ["GET /health"]
        assert "Datadog-Agent-State" not in info.headers

    environ = {
        "DD_ENV": "Test",
        "DD_EVP_PROXY_CONFIG_ENABLED": "false",
        "DD_APM_IGNORE_RESOURCES": "GET /health",
    }
    run(scenario, environ)


def test_a_large_request_leaves_room_for_others_and_arrives_whole() -> None:
    """What is worked through in slices: nothing else was answered in the meantime.

    Statements that are all different take the longest to work on.
    """

    async def scenario(place: Place) -> None:
        columns = ", ".join(f"t.c{n}" for n in range(50))
        many = [
            [span(n, trace_id=n, type="sql", resource=f"SELECT {columns} FROM t WHERE id = {n}")]
            for n in range(1, 4001)
        ]
        body = msgpack.packb(many)
        large = asyncio.create_task(
            place.ask("/v0.4/traces", body, content_type="application/msgpack")
        )
        while not place.traces.spans_account().accepted:
            await asyncio.sleep(0.001)
        info = await place.ask("/info", method="GET")
        assert (info.status, large.done()) == (200, False)
        assert (await large).status == 200
        report = await place.drained()
        assert (report.accepted, report.passed_on, report.held) == (4000, 4000, 0)
        assert len({arrived.span_id for arrived in place.spans}) == 4000

    run(scenario)


def test_nothing_is_loaded_and_nothing_passed_on_without_a_request() -> None:
    async def scenario(place: Place) -> None:
        report = await place.drained()
        assert (report.accepted, report.late) == (0, False)
        assert place.spans_sink.payloads == place.stats_sink.payloads == []

    run(scenario)


@pytest.mark.parametrize(("is_marked", "marks"), [(False, {1: 1.0, 2: 1.0}), (True, {2: 1.0})])
def test_spans_of_another_receiver_may_be_marked_already(
    is_marked: bool, marks: dict[int, float]
) -> None:
    async def scenario(place: Place) -> None:
        spans = [
            Span(
                service="shop",
                name="work",
                resource="r",
                trace_id=7,
                span_id=number,
                parent_id=9,
                start_ns=time.time_ns(),
                duration_ns=1,
                metrics={"_dd.top_level": 1.0} if number == 2 else {},
            )
            for number in (1, 2)
        ]
        payload = TracerPayload(chunks=[TraceChunk(spans, priority=1)])
        await place.traces.submit(payload, is_counted=False, is_marked=is_marked)
        await place.drained()
        found = {span.span_id: span.metrics.get("_top_level") for span in place.spans}
        assert {number: mark for number, mark in found.items() if mark} == marks

    run(scenario)
