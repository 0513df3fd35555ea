"""A Unix socket cannot be bound: one line each, and UDP works."""

import socket
from pathlib import Path
from typing import Any

import pytest


def _missing(folder: Path) -> Path:
    return folder / "nowhere" / "dsd.socket"


def _unwritable(folder: Path) -> Path:
    (folder / "locked").mkdir(mode=0o555)
    return folder / "locked" / "dsd.socket"


def _regular_file(folder: Path) -> Path:
    (folder / "dsd.socket").write_text("precious")
    return folder / "dsd.socket"


def _folder(folder: Path) -> Path:
    (folder / "dsd.socket").mkdir()
    return folder / "dsd.socket"


def _too_long(folder: Path) -> Path:
    return folder / ("x" * 120)


PATHS = {
    "folder missing": (_missing, "No such file or directory"),
    "folder not writable": (_unwritable, "Permission denied"),
    "a regular file": (_regular_file, "the path exists and is not a socket"),
    "a folder": (_folder, "the path exists and is not a socket"),
    "too long": (_too_long, "AF_UNIX path too long"),
}


@pytest.mark.parametrize("kind", PATHS)
def test_a_path_that_cannot_be_bound_costs_one_line_for_each_socket(
    program: Any, intake: Any, kind: str
) -> None:
    prepare, why = PATHS[kind]
    path = prepare(program.folder)
    env = {"DD_DOGSTATSD_SOCKET": str(path), "DD_DOGSTATSD_STREAM_SOCKET": str(path)}
    outcome = program.run(program.app("udp", [b"orders:1|c"] * 5), env=env, user="powerless")
    assert (outcome.code, outcome.out, outcome.err) == (7, "sent 5\n", [])
    assert outcome.log == [
        f"WARN dogstatsd: socket {path}: {why}; nothing is received there",
        f"WARN dogstatsd: stream socket {path}: {why}; nothing is received there",
    ]
    assert outcome.account == (5, 5, {})


def test_a_regular_file_in_the_sockets_place_is_left_as_it_is(program: Any) -> None:
    path = _regular_file(program.folder)
    program.run(["true"], env={"DD_DOGSTATSD_SOCKET": str(path)})
    assert path.read_text() == "precious"


def test_a_socket_left_by_an_earlier_run_is_replaced(program: Any, intake: Any) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as earlier:
        earlier.bind(str(program.datagram_socket))
    for _ in range(2):
        outcome = program.run(program.app("datagram", [b"orders:1|c"] * 5))
        assert (outcome.code, outcome.log, outcome.account) == (7, [], (5, 5, {}))
    assert not program.datagram_socket.exists()
