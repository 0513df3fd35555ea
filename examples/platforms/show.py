"""What serverless-init says of itself on a platform: python examples/platforms/show.py cloud_run.

Runs a program that sends one metric under ``serverless-init --local``, in the environment of the
file of that name, with a metadata server of this process.
"""

import os
import subprocess
import sys
from pathlib import Path

from serverless_init.testing import MetadataServer

PROGRAM = """
import os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto(b"orders:3|c", ("127.0.0.1", int(os.environ.get("DD_DOGSTATSD_PORT", "8125"))))
"""


def environment(path: Path) -> dict[str, str]:
    """The variables of a file with a name and a value per line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=")[::2] for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def main() -> int:
    """Run it and return its exit code."""
    path = Path(__file__).with_name(f"{sys.argv[1]}.env")
    with MetadataServer() as server:
        wanted = environment(path)
        wanted |= {
            k: v for k, v in server.environment.items() if k == "GCE_METADATA_HOST" or k in wanted
        }
        command = ["serverless-init", "--local", "--", sys.executable, "-c", PROGRAM]
        return subprocess.run(command, env={**os.environ, **wanted}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
