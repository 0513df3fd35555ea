"""What is set for an app in Python must not hit us, who are in Python too."""

from pathlib import Path
from typing import Any


def test_modules_of_the_app_do_not_shadow_ours(program: Any, intake: Any) -> None:
    """PYTHONPATH=/app with a logging.py of the app's ended the telemetry at its first import."""
    folder = Path(program.folder) / "modules"
    folder.mkdir()
    for name in ("logging", "asyncio", "h11", "dataclasses"):
        (folder / f"{name}.py").write_text("raise RuntimeError('the app has its own')")
    command = program.app("udp", [b"orders:1|c"] * 5)
    outcome = program.run(command, env={"PYTHONPATH": str(folder)})
    assert (outcome.code, outcome.log, outcome.account) == (7, [], (5, 5, {}))


def test_warnings_that_are_errors_for_the_app_are_none_for_us(program: Any, intake: Any) -> None:
    command = program.app("udp", [b"orders:1|c"] * 5)
    outcome = program.run(command, env={"PYTHONWARNINGS": "error"})
    assert (outcome.code, outcome.log, outcome.account) == (7, [], (5, 5, {}))
