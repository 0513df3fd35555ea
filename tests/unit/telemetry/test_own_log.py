"""Our own log: one line per record on a descriptor that is not ours alone."""

import fcntl
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from serverless_init.telemetry import LineHandler, open_log

SECRET = "0123456789abcdef0123456789abcdef"
LOG = logging.getLogger("serverless_init.forwarder")


@pytest.fixture(autouse=True)
def _log_is_closed_afterwards() -> Iterator[None]:
    yield
    for name in ("serverless_init", "asyncio"):
        logger = logging.getLogger(name)
        for handler in logger.handlers[:]:
            logger.removeHandler(handler)
            handler.close()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


class Pipe:
    """A pipe whose reading end is in the test's hand."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()

    def lines(self) -> list[str]:
        os.set_blocking(self.read_fd, False)
        data = b""
        try:
            while part := os.read(self.read_fd, 65536):
                data += part
        except BlockingIOError:
            pass
        return data.decode().splitlines()

    def fill(self) -> int:
        """Write until nothing more fits, with the descriptor as it was; the bytes written."""
        os.set_blocking(self.write_fd, False)
        filled = 0
        try:
            while True:
                filled += os.write(self.write_fd, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(self.write_fd, True)
            return filled

    def close(self) -> None:
        for fd in (self.read_fd, self.write_fd):
            try:
                os.close(fd)
            except OSError:
                continue


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def test_a_line_names_level_and_component(pipe: Pipe) -> None:
    open_log("info", fd=pipe.write_fd)
    LOG.warning("lost %d of %s", 3, "many")
    logging.getLogger("serverless_init.dogstatsd.listeners").info("bound")
    logging.getLogger("serverless_init").error("late")
    assert pipe.lines() == [
        "serverless-init WARN forwarder: lost 3 of many",
        "serverless-init INFO dogstatsd: bound",
        "serverless-init ERROR main: late",
    ]


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("trace", ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"]),
        ("debug", ["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"]),
        ("info", ["INFO", "WARN", "ERROR", "CRITICAL"]),
        ("warn", ["WARN", "ERROR", "CRITICAL"]),
        ("error", ["ERROR", "CRITICAL"]),
        ("critical", ["CRITICAL"]),
        ("off", []),
    ],
)
def test_a_level_lets_itself_and_worse_through(pipe: Pipe, level: str, said: list[str]) -> None:
    open_log(level, fd=pipe.write_fd)
    for number in (5, 10, 20, 30, 40, 50):
        LOG.log(number, "x")
    assert [line.split()[1] for line in pipe.lines()] == said


def test_nothing_goes_to_the_handlers_of_the_root(
    pipe: Pipe, caplog: pytest.LogCaptureFixture
) -> None:
    open_log("info", fd=pipe.write_fd)
    LOG.warning("x")
    logging.getLogger("asyncio").error("y")
    assert caplog.records == []
    assert pipe.lines()[1] == "serverless-init ERROR asyncio: y"


def test_a_record_is_one_line_whatever_is_in_it(pipe: Pipe) -> None:
    open_log("info", fd=pipe.write_fd)
    LOG.warning("a\nb\r\x1b[31m\x00\té\udce9")
    assert pipe.lines() == [r"serverless-init WARN forwarder: a\nb\r\x1b[31m\x00" + "\té\\udce9"]


def test_a_traceback_stands_in_the_line(pipe: Pipe) -> None:
    open_log("info", fd=pipe.write_fd)
    try:
        raise LookupError("no such thing")
    except LookupError:
        LOG.exception("failed")
    (line,) = pipe.lines()
    assert line.startswith(r"serverless-init ERROR forwarder: failed\nTraceback (most recent call")
    assert line.endswith(r"\nLookupError: no such thing")


def test_arguments_that_do_not_fit_are_printed_as_they_are(pipe: Pipe) -> None:
    open_log("info", fd=pipe.write_fd)
    LOG.warning("%d of %d", "many")
    assert pipe.lines() == ["serverless-init WARN forwarder: %d of %d ('many',)"]


def test_a_long_line_is_cut_to_what_a_pipe_takes_at_once(pipe: Pipe) -> None:
    handler = open_log("info", fd=pipe.write_fd)
    LOG.warning("x" + "é" * 5000)
    (line,) = pipe.lines()
    assert len(line.encode()) + 1 in (4095, 4096)
    assert line.endswith("é...")
    assert (handler.stats.lines_written, handler.stats.lines_cut) == (1, 1)


def test_the_longest_line_that_fits_is_whole(pipe: Pipe) -> None:
    handler = open_log("info", fd=pipe.write_fd)
    start = len("serverless-init WARN forwarder: ")
    LOG.warning("x" * (4095 - start))
    assert len(pipe.lines()[0]) == 4095
    assert handler.stats.lines_cut == 0
    LOG.warning("x" * (4096 - start))
    assert pipe.lines()[0].endswith("x...")
    assert handler.stats.lines_cut == 1


def test_a_secret_is_never_in_a_line(pipe: Pipe) -> None:
    open_log("info", fd=pipe.write_fd, secrets={SECRET: "***cdef", "": "***"})
    LOG.warning("key %s at %s", SECRET, {"url": f"https://x/?key={SECRET}"})
    try:
        raise ValueError(SECRET)
    except ValueError:
        LOG.exception("refused")
    text = "\n".join(pipe.lines())
    assert "key ***cdef at {'url': 'https://x/?key=***cdef'}" in text
    assert "ValueError: ***cdef" in text
    assert SECRET not in text


def test_a_secret_is_not_half_visible_where_a_line_is_cut(pipe: Pipe) -> None:
    open_log("info", fd=pipe.write_fd, secrets={SECRET: "***cdef"})
    LOG.warning("x" * 4050 + SECRET)
    assert "0123" not in pipe.lines()[0]


def test_a_full_pipe_does_not_block_and_its_lost_lines_are_counted(pipe: Pipe) -> None:
    handler = open_log("info", fd=pipe.write_fd)
    pipe.fill()
    LOG.warning("first")
    LOG.warning("second")
    assert handler.stats.lines_dropped == {"full": 2}
    pipe.lines()
    LOG.warning("third")
    LOG.warning("fourth")
    assert pipe.lines() == [
        "serverless-init WARN forwarder: third (lines dropped before this one: 2)",
        "serverless-init WARN forwarder: fourth",
    ]
    assert handler.stats.lines_written == 2


def test_the_descriptor_of_the_app_stays_blocking(pipe: Pipe) -> None:
    open_log("info", fd=pipe.write_fd)
    LOG.warning("x")
    assert fcntl.fcntl(pipe.write_fd, fcntl.F_GETFL) & os.O_NONBLOCK == 0


def test_a_full_socket_does_not_block() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        try:
            while True:
                ours.send(b"x" * 4096)
        except BlockingIOError:
            ours.setblocking(True)
        handler = open_log("info", fd=ours.fileno())
        LOG.warning("x")
        assert handler.stats.lines_dropped == {"full": 1}


def test_a_reader_that_went_away_is_no_error(pipe: Pipe) -> None:
    handler = open_log("info", fd=pipe.write_fd)
    os.close(pipe.read_fd)
    LOG.warning("x")
    assert handler.stats.lines_dropped == {"broken": 1}


def test_a_descriptor_that_was_closed_is_no_error() -> None:
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    os.close(write_fd)
    handler = open_log("info", fd=write_fd)
    LOG.warning("x")
    assert handler.stats.lines_dropped == {"broken": 1}


def test_a_file_is_appended_to_where_the_app_left_it(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    with path.open("wb", buffering=0) as file:
        file.write(b"app 1\n")
        open_log("info", fd=file.fileno())
        LOG.warning("x")
        file.write(b"app 2\n")
    assert path.read_text() == "app 1\nserverless-init WARN forwarder: x\napp 2\n"


def test_a_second_log_replaces_the_first(pipe: Pipe) -> None:
    first = open_log("info", fd=pipe.write_fd)
    descriptors = len(os.listdir("/proc/self/fd"))
    open_log("error", fd=pipe.write_fd)
    assert len(os.listdir("/proc/self/fd")) == descriptors
    LOG.error("x")
    LOG.warning("y")
    assert pipe.lines() == ["serverless-init ERROR forwarder: x"]
    assert first.stats.lines_written == 0


def test_a_closed_handler_writes_nothing_and_releases_its_descriptor(pipe: Pipe) -> None:
    before = len(os.listdir("/proc/self/fd"))
    handler = LineHandler(pipe.write_fd, {})
    handler.close()
    handler.close()
    handler.emit(logging.makeLogRecord({"name": "a", "msg": "x"}))
    assert len(os.listdir("/proc/self/fd")) == before
    assert handler.stats.lines_dropped == {"closed": 1}
    assert pipe.lines() == []


def test_the_second_opening_is_not_inherited_by_the_app(pipe: Pipe) -> None:
    before = descriptors_of_a_child()
    open_log("info", fd=pipe.write_fd)
    assert descriptors_of_a_child() == before


def descriptors_of_a_child() -> int:
    """How many descriptors a program has that is started without closing any."""
    program = "import os; print(len(os.listdir('/proc/self/fd')))"
    command = [sys.executable, "-c", program]
    return int(subprocess.run(command, stdout=subprocess.PIPE, close_fds=False, check=True).stdout)
