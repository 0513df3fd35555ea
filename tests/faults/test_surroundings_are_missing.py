"""What programs take for granted is not there: variables, the folder for temporary files, ours."""

import os
import subprocess
from typing import Any

import pytest

ORDERS = [b"orders:1|c"] * 5
MISSING = {
    "HOME": "unset HOME",
    "PATH": "unset PATH",
    "USER and LANG": "unset USER LOGNAME LANG LC_ALL",
    "TMPDIR": "export TMPDIR=/nowhere/at/all",
    "working directory": "mkdir gone && cd gone && rmdir ../gone",
}


@pytest.mark.parametrize("what", MISSING)
def test_nothing_is_missed(program: Any, intake: Any, what: str) -> None:
    outcome = program.run(program.app("udp", ORDERS), before=MISSING[what])
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    assert (outcome.log, outcome.account) == ([], (5, 5, {}))


def test_an_empty_environment_is_enough_to_run_an_app(program: Any) -> None:
    before = f"cd {program.folder}; exec env -i "
    with subprocess.Popen(
        ["/bin/sh", "-c", f'{before} "$@"', "sh", *program.line(["/bin/sh", "-c", "exit 7"])],
        env={},
        stderr=subprocess.PIPE,
    ) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 7
    # Without variables there is no API key either.
    assert b"no API key" in err
    assert b"Traceback" not in err


def test_a_variable_that_is_no_text_is_passed_on(program: Any) -> None:
    outcome = program.run(
        ["sh", "-c", 'printf %s "$ODD" | od -An -tx1'],
        env={"ODD": os.fsdecode(b"\xff\xfe")},
    )
    assert outcome.out.split() == ["ff", "fe"]
