"""Payloads on a disk: written whole, read back newest first, bounded."""

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from serverless_init.errors import Undecodable
from serverless_init.forwarder.disk import Disk, DiskLimits, Share
from serverless_init.forwarder.retry_file import decode, encode
from serverless_init.forwarder.stats import SpillStats
from serverless_init.model import SERIES_V2, SKETCHES_V2, Payload, PayloadKind, Priority

NOW = 1_700_000_000.0
DAY_S = 86_400.0


def payload(samples: int, size: int = 10, **fields: object) -> Payload:
    body = bytes([samples]) * size
    return Payload(PayloadKind.SERIES, SERIES_V2, body, "type", "zstd", 1, samples, **fields)


def opened(folder: Path, *, bytes_max: int = 100_000, **limits: float) -> tuple[Disk, SpillStats]:
    stats = SpillStats()
    disk = Disk(str(folder), DiskLimits(bytes_max, **limits), stats)
    disk.open(NOW)
    return disk, stats


def taken(disk: Disk) -> list[list[int]]:
    """The samples of the payloads of every file, as they are taken."""
    found = []
    while (each := disk.take_newest()) is not None:
        found.append([payload.samples for payload in each.payloads])
    return found


def age(file: Path, age_s: float) -> None:
    os.utime(file, (NOW - age_s, NOW - age_s))


def test_payloads_come_back_as_they_were(tmp_path: Path) -> None:
    high = payload(2, priority=Priority.HIGH, headers=(("X", "y"),))
    stored = (payload(1), high, payload(3, size=0))
    opened(tmp_path / "a" / "b")[0].write(stored, NOW)
    back = opened(tmp_path / "a" / "b")[0].take_newest()
    assert back is not None
    assert back.payloads == stored
    assert back.file.shares == ()


def test_what_this_run_has_written_is_known_by_endpoint(tmp_path: Path) -> None:
    disk, _ = opened(tmp_path)
    other = dataclasses.replace(payload(5), endpoint=SKETCHES_V2)
    written = disk.write([payload(1), other, payload(2)], NOW)
    assert written.file is not None
    assert written.file.shares == (Share("series_v2", 2, 3), Share("sketches_v2", 1, 5))
    back = disk.take_newest()
    assert back is not None
    assert back.file == written.file


def test_the_newest_file_is_read_first_and_is_gone_then(tmp_path: Path) -> None:
    disk, stats = opened(tmp_path)
    for number in (1, 2, 3):
        disk.write([payload(number)], NOW)
    assert taken(disk) == [[3], [2], [1]]
    assert os.listdir(tmp_path) == []
    assert (stats.payloads_written, stats.payloads_read) == (3, 3)


def test_files_of_an_earlier_run_are_read_in_the_same_order(tmp_path: Path) -> None:
    disk, _ = opened(tmp_path)
    for number in (1, 2, 3):
        file = disk.write([payload(number)], NOW).file
        assert file is not None
        age(tmp_path / file.name, 100 - number)
    assert taken(opened(tmp_path)[0]) == [[3], [2], [1]]


def test_the_oldest_files_make_room(tmp_path: Path) -> None:
    size = len(encode([payload(1)]))
    disk, _ = opened(tmp_path, bytes_max=3 * size)
    removed = [disk.write([payload(n)], NOW).removed for n in range(1, 6)]
    assert [[f.shares[0].samples for f in files] for files in removed] == [[], [], [], [1], [2]]
    assert len(os.listdir(tmp_path)) == 3
    assert taken(disk) == [[5], [4], [3]]


def test_there_are_not_more_files_than_may_be(tmp_path: Path) -> None:
    disk, _ = opened(tmp_path, files_max=2)
    removed = [len(disk.write([payload(n)], NOW).removed) for n in range(1, 5)]
    assert removed == [0, 0, 1, 1]
    assert taken(disk) == [[4], [3]]


def test_what_never_fits_is_a_failure_and_removes_nothing(tmp_path: Path) -> None:
    disk, stats = opened(tmp_path, bytes_max=len(encode([payload(1)])))
    disk.write([payload(1)], NOW)
    written = disk.write([payload(1, size=5000)], NOW)
    assert written.file is None
    assert "do not fit into" in written.failure
    assert stats.write_errors == 1
    assert taken(disk) == [[1]]


def test_a_volume_that_is_fuller_than_allowed_takes_nothing(tmp_path: Path) -> None:
    disk, _ = opened(tmp_path, ratio_max=0.0)
    assert disk.write([payload(1)], NOW).failure.endswith("do not fit into 0")


def test_a_folder_that_has_gone_is_a_failure(tmp_path: Path) -> None:
    disk, stats = opened(tmp_path / "spill")
    disk.write([payload(1)], NOW)
    shutil.rmtree(tmp_path / "spill")
    assert disk.write([payload(2)], NOW).failure == "No such file or directory"
    assert stats.write_errors == 1


def test_a_file_that_another_container_has_taken_is_gone_and_not_damaged(tmp_path: Path) -> None:
    disk, _ = opened(tmp_path)
    disk.write([payload(1)], NOW)
    other, other_stats = opened(tmp_path)
    assert taken(disk) == [[1]]
    gone = other.take_newest()
    assert gone is not None
    assert (gone.gone, gone.payloads, other_stats.files_unreadable) == (True, (), 0)


def test_files_that_are_too_old_or_unfinished_are_removed_and_others_left(tmp_path: Path) -> None:
    disk, _ = opened(tmp_path)
    for number in (1, 2):
        disk.write([payload(number)], NOW + number)
    old, fresh = sorted(tmp_path.iterdir())
    (tmp_path / "x.retry.part").write_bytes(b"half, by one that was killed")
    (tmp_path / "y.retry.part").write_bytes(b"half, by one that still writes")
    (tmp_path / "notes.txt").write_text("not ours")
    age(old, 11 * DAY_S)
    age(fresh, 9 * DAY_S)
    age(tmp_path / "x.retry.part", 7200)
    age(tmp_path / "y.retry.part", 9)
    disk, stats = opened(tmp_path, age_s_max=10 * DAY_S)
    assert stats.files_outdated == 1
    assert sorted(os.listdir(tmp_path)) == sorted([fresh.name, "notes.txt", "y.retry.part"])
    assert taken(disk) == [[2]]


def test_files_are_for_us_alone(tmp_path: Path) -> None:
    disk, _ = opened(tmp_path / "spill")
    disk.write([payload(1)], NOW)
    (file,) = (tmp_path / "spill").iterdir()
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_file_that_is_none_of_ours_or_damaged_is_removed_and_counted(tmp_path: Path) -> None:
    whole = encode([payload(1), payload(2)])
    flipped = whole.replace(b"\x02" * 10, b"x" * 10)
    for number, data in enumerate((b"", b"hello", whole[:-3], flipped)):
        (tmp_path / f"{number}.retry").write_bytes(data)
    disk, stats = opened(tmp_path)
    assert taken(disk) == [[], [], [], []]
    assert stats.files_unreadable == 4
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"/api/v2/series"', b'"http://elsewhere/"'),
        (b'"/api/v2/series"', b'"/api\\r\\nHost: x"'),
        (b'"kind": "series"', b'"kind": "money"'),
        (b'"length": 10', b'"length": -1'),
        (b'"length": 10', b'"length": 99'),
        (b'"length": 10', b'"length": 1e9'),
        (b'"crc32": ', b'"crc32": 1'),
        (b'"name": "series_v2"', b'"name": "\\u00e9"'),
        (b'"samples": 1', b'"samples": true'),
        (b'"samples": 1', b'"samples": -1'),
        (b'"samples": 1', b'"samples": []'),
        (b'"headers": []', b'"headers": [["X", "a\\r\\nb"]]'),
        (b"{", b"["),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(old: bytes, new: bytes) -> None:
    whole = encode([payload(1)])
    assert old in whole
    with pytest.raises(Undecodable):
        decode(whole.replace(old, new, 1))
