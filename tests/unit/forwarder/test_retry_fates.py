import pytest

from serverless_init.forwarder.retry import (
    Abandoned,
    Delivered,
    Fate,
    Refused,
    Retry,
    fate_of_answer,
    fate_of_failure,
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
