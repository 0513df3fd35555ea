"""The load of log files: what is said to have been written is in the files, through rotation."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def written(folder: Path, load: Mapping[str, object], seconds: float) -> dict[str, float]:
    orders = {"load": load, "folder": str(folder), "seconds": seconds}
    with subprocess.Popen(
        [sys.executable, "-m", "serverless_init.gate.log_files"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps(orders), file=process.stdin, flush=True)
        assert process.stdout.readline() == "ready\n"
        print("go", file=process.stdin, flush=True)
        said: dict[str, float] = json.loads(process.stdout.readline())
    return said


def test_every_line_is_in_a_file_and_the_oldest_file_goes(tmp_path: Path) -> None:
    load = {"files": 2, "bytes_per_second": 200_000, "rotate_bytes": 10_000, "rotations": 50}
    said = written(tmp_path, load, 0.5)
    files = sorted(tmp_path.iterdir())
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert len(lines) == said["lines"] > 100
    assert sum(file.stat().st_size for file in files) == said["bytes"] >= 150_000
    assert max(file.stat().st_size for file in files) <= 10_000
    few = tmp_path / "few"
    few.mkdir()
    written(few, {**load, "rotations": 2}, 0.5)
    assert sorted(file.name for file in few.iterdir()) == [
        f"{number}.log{ending}" for number in (0, 1) for ending in ("", ".1", ".2")
    ]


def test_the_same_seed_writes_the_same_lines(tmp_path: Path) -> None:
    first = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, {"files": 1, "bytes_per_second": 50_000, "seed": 7}, 0.2)
        first.append((tmp_path / name / "0.log").read_text().splitlines()[:20])
    assert first[0] == first[1]
    assert len(first[0]) == 20
