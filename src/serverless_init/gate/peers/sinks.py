"""Where the programs deliver to: a process or a thread that answers, and tells what arrived.

What arrived is a number for each metric by the name it was sent under: the sum of a counter, the
last value of a gauge, how many samples of a timer, a set or a distribution.
"""

import json
import re
import socket
import sys
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Protocol

from serverless_init.gate.peers.process import Running

_PATIENCE_S = 10.0
_RECEIVE_BYTES = 1 << 18
_SICTL = "from serverless_init.ctl import main; main()"


class Sink(Protocol):
    """A context manager, at which a program delivers while the block runs."""

    port: int

    def __enter__(self) -> "Sink": ...
    def __exit__(self, *_: object) -> None: ...

    def delivered(self) -> Mapping[str, float]:
        """What has arrived so far, by name."""


class IntakeSink:
    """The local intake, ``sictl intake``, in a process of its own."""

    def __init__(self, folder: str) -> None:
        self.port = free_port(socket.SOCK_STREAM)
        command = [sys.executable, "-c", _SICTL, "intake", "--port", str(self.port)]
        self._running = Running(command, {}, folder, f"{folder}/intake.log")

    def __enter__(self) -> "IntakeSink":
        self._running.__enter__()
        self._running.wait_until(lambda: _accepts(self.port))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.end()

    def delivered(self) -> Mapping[str, float]:
        """Events and service checks too: how many, as `events` and `checks`."""
        found = defaultdict[str, float](float)
        for series in self._ask("points")["series"]:
            gauge = series["type"] == "gauge"
            found[series["metric"]] += series["last"] if gauge else series["count"]
        for sketch in self._ask("sketches")["sketches"]:
            found[sketch["metric"]] += sketch["count"]
        for kind in ("events", "checks"):
            found[kind] += len(self._ask(kind)[kind])
        return found

    def _ask(self, route: str) -> Any:
        # No proxy of this machine's lies between us and loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://127.0.0.1:{self.port}/local/{route}"
        with opener.open(url, timeout=_PATIENCE_S) as answer:
            return json.load(answer)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a server names what it delivers: `pattern` has the sent name as its group ``name``."""

    pattern: re.Pattern[str]
    summed: bool


class GraphiteSink:
    """Takes Graphite's plaintext over TCP; reads it only when asked."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._streams: list[bytearray] = []

    def __enter__(self) -> "GraphiteSink":
        threading.Thread(target=self._accept, name="graphite", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def delivered(self) -> Mapping[str, float]:
        """A value that is no number, as a rate has at first, counts as nothing."""
        text = b"".join(bytes(stream) for stream in self._streams).decode()
        return read_graphite(text.splitlines(), self._rules)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            stream = bytearray()
            self._streams.append(stream)
            threading.Thread(target=_read, args=(connection, stream), daemon=True).start()


def read_graphite(lines: Iterable[str], rules: Sequence[Rule]) -> dict[str, float]:
    """What ``NAME VALUE TIME`` lines deliver; of the rules the first that fits a name counts."""
    found = dict[str, float]()
    for line in lines:
        path, value = line.split(" ")[:2]
        for rule in rules:
            matched = rule.pattern.fullmatch(path)
            if matched:
                name, number = matched["name"], float(value)
                before = found.get(name, 0.0)
                if not isnan(number):
                    found[name] = before + number if rule.summed else number
                break
    return found


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody had a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read(connection: socket.socket, into: bytearray) -> None:
    with connection:
        while part := connection.recv(_RECEIVE_BYTES):
            into += part


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
