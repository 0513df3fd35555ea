import os
import subprocess
import sys

import pytest

from serverless_init.forwarder.retry import (
    RETRY_AFTER_S_MAX,
    Abandoned,
    Delivered,
    Fate,
    Refused,
    Retry,
    fate_of_answer,
    fate_of_failure,
    retry_after_s,
)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        *((status, Delivered()) for status in (200, 201, 202, 204, 299)),
        (400, Refused("refused_400")),
        (403, Refused("refused_403")),
        (413, Refused("refused_413")),
        *((status, Retry()) for status in (401, 402, 404, 408, 429, 500, 502, 503, 504, 599)),
    ],
)
def test_a_status_decides_as_in_the_agent(status: int, fate: Fate) -> None:
    assert fate_of_answer(status) == fate


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_that_was_not_followed_is_no_delivery(status: int) -> None:
    assert fate_of_answer(status) == Retry()


@pytest.mark.parametrize("phase", ["dns", "connect", "tls", "write", "read", "timeout"])
def test_a_failure_of_the_network_is_retried(phase: str) -> None:
    assert fate_of_failure(phase) == Retry()


def test_a_request_that_cannot_be_formed_is_given_up() -> None:
    assert fate_of_failure("invalid_request") == Abandoned("invalid_request")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("30", 30),
        (" 30 ", 30),
        ("0", 0),
        ("600", 600),
        ("86400", RETRY_AFTER_S_MAX),
        ("9" * 5000, RETRY_AFTER_S_MAX),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("\N{ARABIC-INDIC DIGIT FIVE}", 0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
        ("Tuesday, 14-Nov-23 22:14:20 GMT", 60),
        ("Tue Nov 14 22:14:20 2023 GMT", 60),
        ("Tue Nov 14 22:14:20 2023", 60),
        ("Tue, 14 Nov 2023 22:12:20 GMT", 0),
        ("Fri, 14 Nov 2053 22:12:20 GMT", RETRY_AFTER_S_MAX),
        ("Tue, 99 Nov 2023 22:12:20 GMT", 0),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(header: str, seconds: float) -> None:
    assert retry_after_s(header, 1_700_000_000.0) == seconds


def test_a_date_without_a_zone_is_not_in_the_containers_zone() -> None:
    code = (
        "from serverless_init.forwarder.retry import retry_after_s\n"
        "print(retry_after_s('Tue Nov 14 22:14:20 2023', 17e8))"
    )
    environ = {**os.environ, "TZ": "America/New_York"}
    asked = [sys.executable, "-c", code]
    told = subprocess.run(asked, env=environ, capture_output=True, text=True, timeout=60)
    assert told.stdout == "60.0\n"


def test_only_what_is_retried_is_retried_after_a_pause() -> None:
    assert fate_of_answer(503, after_s=5.0) == Retry(5.0)
    assert fate_of_answer(200, after_s=5.0) == Delivered()
    assert fate_of_answer(413, after_s=5.0) == Refused("refused_413")
