from serverless_init.forwarder import IntakeEndpoint
from serverless_init.forwarder.notices import Notices

KEY = "0123456789abcdef0123456789abcdef"
INTAKE = IntakeEndpoint("https", "app.datadoghq.eu", 443, "", KEY)


def test_a_target_is_announced_when_it_begins_to_fail_and_when_it_works_again() -> None:
    notices = Notices(INTAKE)
    assert [
        notices.failed("/a", "connect: refused", answered=False),
        notices.failed("/a", "dns: gone", answered=False),
    ] == [
        "cannot deliver to https://app.datadoghq.eu/a, retrying: connect: refused",
        None,
    ]
    assert [notices.delivered("/a"), notices.delivered("/a")] == [
        "delivering to https://app.datadoghq.eu/a again",
        None,
    ]


def test_a_refused_key_is_announced_once_by_its_ending() -> None:
    notices = Notices(INTAKE)
    said = [notices.dropped(target, "refused_403", "x", 0.0) for target in ("/a", "/b")]
    assert said == [
        "https://app.datadoghq.eu refuses the API key ending in cdef (403): check DD_API_KEY, and "
        "that DD_SITE is the key's site. Payloads are dropped",
        None,
    ]


def test_repeated_losses_are_announced_once_a_minute_with_the_number_left_unsaid() -> None:
    notices = Notices(INTAKE)
    said = [
        notices.dropped("/a", "refused_400", "status 400: bad", now) for now in (0, 1, 59, 60, 61)
    ]
    line = "https://app.datadoghq.eu/a: a payload is dropped: status 400: bad"
    assert said == [line, None, None, f"{line} (and 2 times before)", None]


def test_losses_of_different_kinds_are_announced_separately() -> None:
    notices = Notices(INTAKE)
    assert notices.dropped("/a", "refused_400", "x", 0.0) is not None
    assert notices.dropped("/a", "refused_413", "x", 0.0) is not None
    assert notices.dropped("/b", "refused_400", "x", 0.0) is not None
    assert notices.overflowed(3, 0.0) == (
        "the retry queue for https://app.datadoghq.eu is full, 3 old payloads dropped"
    )
    assert notices.overflowed(3, 1.0) is None


def test_an_answer_that_quotes_the_key_is_shown_without_it_and_on_one_line() -> None:
    said = Notices(INTAKE).failed("/a", f"status 500: you sent\r\nDD-Api-Key: {KEY}", answered=True)
    assert said == (
        "cannot deliver to https://app.datadoghq.eu/a, retrying: status 500: you sent "
        "DD-Api-Key: ****"
    )


def test_a_long_answer_is_cut() -> None:
    said = Notices(INTAKE).failed("/a", "e" * 1000, answered=True) or ""
    assert said.count("e" * 300) == 1
    assert "e" * 301 not in said


def test_an_intake_that_cannot_be_reached_is_one_problem_however_many_routes_it_has() -> None:
    """Four kinds of payload gave four lines about one connection that was refused."""
    notices = Notices(INTAKE)
    assert notices.failed("/a", "connect: refused", answered=False) is not None
    assert notices.failed("/b", "connect: refused", answered=False) is None
    assert notices.failed("/b", "status 500: no", answered=True) is not None
    notices.delivered("/b")
    assert notices.failed("/c", "connect: refused", answered=False) is not None
