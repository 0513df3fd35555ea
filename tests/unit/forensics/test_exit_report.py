"""How an end is judged and told."""

import pytest

from serverless_init.model import ExitReport


@pytest.mark.parametrize(
    ("report", "text", "error", "kind"),
    [
        (
            ExitReport(3),
            "the program ended with exit code 3",
            "exit status 3",
            "ExitCode",
        ),
        (
            ExitReport(139, "SIGSEGV"),
            "the program was ended by SIGSEGV (exit code 139)",
            "signal: SIGSEGV",
            "SIGSEGV",
        ),
        (
            ExitReport(137, "SIGKILL", oom_kills=1),
            "the program was ended by SIGKILL (exit code 137); the kernel killed a process of "
            "this container for want of memory",
            "signal: SIGKILL",
            "OutOfMemory",
        ),
        (
            ExitReport(0, oom_kills=2),
            "the program ended with exit code 0; the kernel killed 2 processes of this container "
            "for want of memory",
            "exit status 0",
            "OutOfMemory",
        ),
    ],
)
def test_an_end_is_told_in_a_sentence(report: ExitReport, text: str, error: str, kind: str) -> None:
    assert (report.text, report.error, report.kind) == (text, error, kind)


@pytest.mark.parametrize(
    ("report", "failure", "notable"),
    [
        (ExitReport(0), False, False),
        (ExitReport(0, oom_kills=1), False, True),
        (ExitReport(1), True, True),
        (ExitReport(143, "SIGTERM"), True, True),
        (ExitReport(143, "SIGTERM", was_stopped=True), False, False),
        (ExitReport(143, was_stopped=True), False, False),
        (ExitReport(130, "SIGINT", was_stopped=True), False, False),
        (ExitReport(137, "SIGKILL", was_stopped=True), True, True),
        (ExitReport(1, was_stopped=True), True, True),
    ],
)
def test_doing_what_one_is_told_is_no_failure(
    report: ExitReport, failure: bool, notable: bool
) -> None:
    assert (report.is_failure, report.is_notable) == (failure, notable)
    assert report.succeeded == (report.code == 0)
