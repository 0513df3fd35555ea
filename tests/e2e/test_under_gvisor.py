"""The demo in gVisor's sandbox, which Cloud Run's first generation is: a kernel of its own.

Runs where ``runsc`` can be found: in PATH, or where the variable RUNSC says. Debian has it as a
package (``apt-get download runsc``, ``dpkg -x``).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNSC = os.environ.get("RUNSC") or shutil.which("runsc")
# No network of the host's, no control groups, and nothing that a virtual machine may lack.
SANDBOX = ["--network=none", "--ignore-cgroups", "--platform=ptrace", "do"]
BINARY = str(Path(sys.executable).with_name("serverless-init"))
UNPRIVILEGED = [sys.executable, str(ROOT / "tests" / "faults" / "unprivileged.py"), "nobody"]
# The interpreter may lie where only root can read: the program of nobody is the shell's.
SENDS = "for _ in {1..50}; do echo 'orders:1|c' > /dev/udp/127.0.0.1/8125; done"

pytestmark = pytest.mark.skipif(
    not RUNSC or os.geteuid() != 0, reason="needs gVisor's runsc (RUNSC=path), and root for it"
)


def delivered(*command: str) -> int:
    """How many samples the run has delivered, which must be all."""
    assert RUNSC
    done = subprocess.run(
        [RUNSC, *SANDBOX, *command], capture_output=True, text=True, timeout=100, check=False
    )
    receipt = done.stderr.splitlines()[-1]
    assert " + dropped 0 + held 0; " in receipt, done.stderr
    assert done.returncode == 0
    accepted, passed_on = (int(receipt.split()[at]) for at in (2, 5))
    assert accepted == passed_on
    return passed_on


def test_the_demo_delivers_everything() -> None:
    demo = str(ROOT / "examples" / "checkout.py")
    assert delivered(BINARY, "--local", "--", sys.executable, demo) > 1000


def test_nothing_needs_root() -> None:
    assert delivered(*UNPRIVILEGED, BINARY, "--local", "--", "bash", "-c", SENDS) == 50
