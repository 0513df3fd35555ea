"""Writes log files as a load, as a process: ``python -m serverless_init.gate.log_files``.

It reads its orders as JSON from stdin: the load, the folder, the seconds. It says ``ready``, waits
for a line, and writes each file at the load's rate. A file that has its size is renamed to the next
number, and the oldest beyond `rotations` is removed. Then it prints what it has written as JSON.
"""

import json
import os
import random
import sys
import time
from typing import IO

from serverless_init.gate.experiment import LogLoad

_NAP_S = 0.02
_WORDS = [
    "order",
    "cart",
    "stock",
    "user",
    "paid",
    "shipped",
    "retry",
    "timeout",
    "cache",
    "miss",
    "hit",
    "page",
    "query",
]
_LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR")


class _LogFile:
    """One file with its rotations."""

    def __init__(self, load: LogLoad, path: str, seed: int) -> None:
        self.lines = self.bytes = 0
        self._load = load
        self._path = path
        self._chance = random.Random(seed)
        self._file = self._opened()

    def write_up_to(self, total: float) -> None:
        """Write lines until `total` bytes have been written in all."""
        while self.bytes < total:
            line = self._line()
            if self._file.tell() + len(line) > self._load.rotate_bytes:
                self._rotate()
            self._file.write(line)
            self.lines += 1
            self.bytes += len(line)
        self._file.flush()

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _line(self) -> bytes:
        chance = self._chance
        words = " ".join(chance.choices(_WORDS, k=chance.randrange(4, 24)))
        level = chance.choice(_LEVELS)
        return f"2026-01-02 03:04:05,{self.lines % 1000:03} {level} {self.lines} {words}\n".encode()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._load.rotations, 0, -1):
            older = f"{self._path}.{number}"
            if os.path.exists(older):
                if number == self._load.rotations:
                    os.unlink(older)
                else:
                    os.rename(older, f"{self._path}.{number + 1}")
        os.rename(self._path, f"{self._path}.1")
        self._file = self._opened()

    def _opened(self) -> IO[bytes]:
        return open(self._path, "ab")


def write(load: LogLoad, folder: str, seconds: float) -> dict[str, float]:
    """Write for `seconds`, and say how much that was."""
    files = [
        _LogFile(load, os.path.join(folder, f"{n}.log"), load.seed + n) for n in range(load.files)
    ]
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        for file in files:
            file.write_up_to(passed * load.bytes_per_second)
        time.sleep(_NAP_S)
    for file in files:
        file.close()
    return {
        "lines": sum(file.lines for file in files),
        "bytes": sum(file.bytes for file in files),
        "seconds": passed,
    }


def main() -> None:
    """Do what stdin's first line says."""
    orders = json.loads(sys.stdin.readline())
    written = write(LogLoad(**orders["load"]), orders["folder"], orders["seconds"])
    print(json.dumps(written), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
