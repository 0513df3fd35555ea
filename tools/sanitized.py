"""``tools/sanitized.py TESTS``: run tests with the compiled twins built under the sanitizers.

Builds a copy of the package whose extensions check every access to memory and every integer
operation, and gives Python's objects separate allocations, so that a byte read beyond a packet is
seen. The first finding ends the tests.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

_PLACE = os.path.join("build", "sanitized")
_OPTIONS = "detect_leaks=0:abort_on_error=1"


def main(tests: Sequence[str]) -> int:
    """The tests' exit code."""
    shutil.rmtree(_PLACE, ignore_errors=True)
    source, programs = os.path.join(_PLACE, "src"), os.path.join(_PLACE, "temporary")
    shutil.copytree("src", source, ignore=shutil.ignore_patterns("*.so", "*.egg-info"))
    build = [sys.executable, "setup.py", "-q", "build_ext", "--force"]
    build += ["--build-lib", source, "--build-temp", programs]
    subprocess.run(build, env={**os.environ, "SERVERLESS_INIT_CHECKED": "1"}, check=True)
    environ = {
        **os.environ,
        "LD_PRELOAD": _library("libasan.so") + " " + _library("libubsan.so"),
        "ASAN_OPTIONS": _OPTIONS,
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": os.path.abspath(source),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, env=environ, check=False).returncode


def _library(name: str) -> str:
    """Where the compiler keeps the run-time library `name`."""
    command = ["cc", f"-print-file-name={name}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
