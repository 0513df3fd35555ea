"""The command line of the benchmarks."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bench import (
    contexts,
    exit_delay,
    flush,
    formats,
    ingest,
    logs,
    memory,
    output,
    place,
    rotation,
    startup,
    trace_peers,
    traces,
    unix,
)
from tests.bench.figures import Figure, table

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "startup": startup.measure,
    "place": place.measure,
    "memory": memory.measure,
    "exit": exit_delay.measure,
    "ingest": ingest.measure,
    "unix": unix.measure,
    "contexts": contexts.measure,
    "flush": flush.measure,
    "formats": formats.measure,
    "logs": logs.measure,
    "output": output.measure,
    "rotation": rotation.measure,
    "traces": traces.measure,
    "trace-peers": trace_peers.measure,
}


def main() -> int:
    """Run the benchmarks named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every sample there too")
    arguments = parser.parse_args()
    names = arguments.name or list(BENCHMARKS)
    unknown = set(names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    load = os.getloadavg()[0]
    print(f"{platform.python_implementation()} {platform.python_version()},", end=" ")
    print(f"{os.cpu_count()} cores, load {load:.1f} before the first benchmark")
    results = {}
    for name in names:
        figures = list(BENCHMARKS[name]())
        summary = str(sys.modules[BENCHMARKS[name].__module__].__doc__).splitlines()[0]
        print("", f"{name}: {summary}", sep="\n")
        print(*table(figures), sep="\n", flush=True)
        results[name] = [figure.as_json() for figure in figures]
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
