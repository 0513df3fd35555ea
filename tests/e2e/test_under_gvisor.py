"""The program in gVisor's sandbox, which Cloud Run's first generation is: a kernel of its own.

Runs where ``runsc`` can be found: in PATH, or where the variable RUNSC says. Debian has it as a
package (``apt-get download runsc``, ``dpkg -x``).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNSC = os.environ.get("RUNSC") or shutil.which("runsc")
# No network of the host's, no control groups, and nothing that a virtual machine may lack.
SANDBOX = ["--network=none", "--ignore-cgroups", "--platform=ptrace"]
BINARY = str(Path(sys.executable).with_name("serverless-init"))
NOBODY = 65534
SENDS = (
    "id -u; grep ' / ' /proc/mounts; "
    "for _ in {1..50}; do echo 'orders:1|c' > /dev/udp/127.0.0.1/8125; done"
)

pytestmark = pytest.mark.skipif(
    not RUNSC or os.geteuid() != 0, reason="needs gVisor's runsc (RUNSC=path), and root for it"
)


def delivered(done: "subprocess.CompletedProcess[str]") -> int:
    """How many samples the run has delivered, which must be all."""
    receipt = done.stderr.splitlines()[-1]
    assert " + dropped 0 + held 0; " in receipt, done.stderr
    assert done.returncode == 0
    accepted, passed_on = (int(receipt.split()[at]) for at in (2, 5))
    assert accepted == passed_on
    return passed_on


def runsc(*arguments: str) -> "subprocess.CompletedProcess[str]":
    assert RUNSC
    return subprocess.run(
        [RUNSC, *SANDBOX, *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def container(user: int, *command: str) -> dict[str, object]:
    """A container's description: the machine's own files, which nobody can write."""
    # The interpreter may lie where only root can read.
    powers = ["CAP_DAC_READ_SEARCH"] if user else []
    kinds = ("effective", "permitted", "inheritable", "bounding")
    return {
        "ociVersion": "1.0.0",
        "root": {"path": "/", "readonly": True},
        "process": {
            "args": command,
            "cwd": "/",
            "env": ["PATH=/usr/bin:/bin"],
            "user": {"uid": user, "gid": user},
            "capabilities": dict.fromkeys(kinds, powers),
        },
    }


def test_the_demo_delivers_everything() -> None:
    demo = str(ROOT / "examples" / "checkout.py")
    assert delivered(runsc("do", BINARY, "--local", "--", sys.executable, demo)) > 1000


@pytest.mark.parametrize("user", [0, NOBODY])
def test_it_needs_neither_root_nor_a_file_system_that_can_be_written(
    user: int, tmp_path: Path
) -> None:
    described = container(user, BINARY, "--local", "--", "bash", "-c", SENDS)
    (tmp_path / "config.json").write_text(json.dumps(described))
    done = runsc("--root", str(tmp_path / "state"), "run", "--bundle", str(tmp_path), f"si-{user}")
    assert delivered(done) == 50
    who, root = done.stdout.splitlines()
    assert int(who) == user
    assert "ro" in root.split()[3].split(",")
