"""The example of dual shipping keeps its promise, also to an intake that is down at first."""

import re
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "examples" / "dual_shipping" / "demo.py"


def test_an_intake_that_is_down_at_first_has_everything_at_the_end() -> None:
    ran = subprocess.run([sys.executable, DEMO, "0.5"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    first, second = re.findall(r"^http://\S+ has (\d+) orders", ran.stdout, re.MULTILINE)
    assert first == second
    assert "after it had refused 8 requests" in ran.stdout
    account = r"accepted (\d+) = delivered \1 \+ dropped 0 \+ held 0"
    main, further = re.findall(account, ran.stderr)
    assert main == further
    assert "also to http://127.0.0.1:" in ran.stderr
