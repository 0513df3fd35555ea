"""What a browser is told about the pages that may export."""

import pytest

from serverless_init.otlp.cors import Cors
from serverless_init.wire import Request, Response

ORIGIN, METHODS, HEADERS = (
    f"Access-Control-Allow-{name}" for name in ("Origin", "Methods", "Headers")
)
SHOP = "https://shop.example"
USUAL = "Accept, Content-Type, X-Requested-With"


def request(method: str, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "/v1/traces", "", named, b"")


def asking(origin: str, headers: str = "x-key") -> Request:
    return request(
        "OPTIONS",
        origin=origin,
        access_control_request_method="POST",
        access_control_request_headers=headers,
    )


@pytest.mark.parametrize(
    ("allowed", "origin", "is_allowed"),
    [
        (SHOP, SHOP, True),
        (SHOP, "HTTPS://SHOP.example", True),
        (SHOP, "https://shopXexample", False),
        (SHOP, SHOP + ".evil.example", False),
        ("https://*.example", SHOP, True),
        ("https://*.example", "http://shop.example", False),
        ("*", "null", True),
    ],
)
def test_an_origin_is_allowed_as_a_whole(allowed: str, origin: str, is_allowed: bool) -> None:
    answer = Cors((allowed,), ()).preflight(asking(origin))
    told = ((ORIGIN, origin), (METHODS, "POST"), (HEADERS, USUAL)) if is_allowed else ()
    assert answer == Response(200, headers=(("Vary", "Origin"), *told))


@pytest.mark.parametrize(("headers", "told"), [(("X-Key",), USUAL + ", X-Key"), (("*",), "x-key")])
def test_more_headers_are_allowed(headers: tuple[str, ...], told: str) -> None:
    answer = Cors((SHOP,), headers).preflight(asking(SHOP))
    assert answer is not None
    assert dict(answer.headers)[HEADERS] == told


def test_an_answer_is_readable_for_an_allowed_origin_only() -> None:
    cors, answer = Cors((SHOP,), ()), Response(503, headers=(("Retry-After", "1"),))
    readable = cors.allow(request("POST", origin=SHOP), answer)
    assert readable.headers == (("Retry-After", "1"), ("Vary", "Origin"), (ORIGIN, SHOP))
    assert ORIGIN not in dict(cors.allow(request("POST", origin="https://a.b"), answer).headers)
    assert ORIGIN not in dict(cors.allow(request("POST"), answer).headers)


def test_without_allowed_origins_nothing_changes() -> None:
    cors, answer = Cors((), ()), Response(200)
    assert cors.preflight(asking(SHOP)) is None
    assert cors.allow(request("POST", origin=SHOP), answer) is answer


def test_what_asks_for_no_method_is_no_preflight() -> None:
    assert Cors((SHOP,), ()).preflight(request("OPTIONS", origin=SHOP)) is None
