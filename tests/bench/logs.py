"""What one log line costs, from bytes to payload, beside splitting bytes at line feeds."""

import time
from collections.abc import Iterator

from tests.bench.figures import Figure

from serverless_init.logs import Assembler, AssemblerOptions, Batcher, BatchOptions, payload_of
from serverless_init.model import LogSource
from serverless_init.wire import choose_codec

_NOW = 1_700_000_000.0
_LINES, _ROUNDS, _PORTION_BYTES = 20_000, 15, 65_536
_TRACE = (
    b"2024-05-15 14:04:%02d,%03d ERROR app.worker request %d failed\n"
    b"Traceback (most recent call last):\n"
    b'  File "/app/worker.py", line 123, in handle\n    result = self.store.load(key)\n'
    b'  File "/app/store.py", line 45, in load\n    raise KeyError(key)\n'
    b"KeyError: 'item-12345'"
)


def measure() -> Iterator[Figure]:
    """Microseconds a line: the split, feeding alone by shape, and all of it by shape."""
    shapes = {name: _portions(lines) for name, lines in _shapes().items()}
    plain = next(iter(shapes.values()))
    yield Figure("split: plain text", "us/line", _took(_split, plain))
    for name, portions in shapes.items():
        yield Figure(f"feed: {name}", "us/line", _took(_feed, portions))
    for name, portions in shapes.items():
        yield Figure(f"feed to payload: {name}", "us/line", _took(_deliver, portions))


def _shapes() -> dict[str, list[bytes]]:
    """Lines of about 120 bytes, as programs write them."""
    numbers = range(_LINES)
    return {
        "plain text": [
            b"processing item %05d of customer %d: wrote %d rows to table orders in %d.3 ms and "
            b"5 rows to table order_lines" % (n, n % 99, n % 7, n % 30)
            for n in numbers
        ],
        "timestamp and level": [
            b"2024-05-15 14:04:%02d,%03d INFO app.worker request served path=/api/v1/items/%d "
            b"status=200 duration_ms=%d.3 user=alice" % (n // 999 % 60, n % 999, n, n % 50)
            for n in numbers
        ],
        "access log": [
            b'10.0.0.%d - - [15/May/2024:14:04:%02d +0000] "GET /api/v1/items/%d HTTP/1.1" 200 512 '
            b'"-" "curl/8.0 (linux)"' % (n % 255, n // 999 % 60, n)
            for n in numbers
        ],
        "JSON": [
            b'{"level":"info","time":"2024-05-15T14:04:%02d.%03dZ","msg":"request served","status":'
            b'200,"dd":{"trace_id":"%d"}}' % (n // 999 % 60, n % 999, n * 7919)
            for n in numbers
        ],
        "stack traces of 7 lines": [
            _TRACE % (n // 999 % 60, n % 999, n) for n in range(_LINES // 7)
        ],
    }


def _portions(lines: list[bytes]) -> list[bytes]:
    data = b"\n".join([*lines, b""])
    return [data[at : at + _PORTION_BYTES] for at in range(0, len(data), _PORTION_BYTES)]


def _took(run, portions: list[bytes]) -> tuple[float, ...]:
    lines = sum(portion.count(b"\n") for portion in portions)
    took = []
    for _ in range(_ROUNDS):
        began = time.perf_counter_ns()
        counted = run(portions)
        took.append((time.perf_counter_ns() - began) / 1000 / lines)
        assert counted == lines, f"not what was meant: {counted} of {lines} lines"
    return tuple(took)


def _split(portions: list[bytes]) -> int:
    lines, tail = 0, b""
    for portion in portions:
        *ended, tail = (tail + portion).split(b"\n")
        for line in ended:
            if line:
                lines += 1
    return lines


def _feed(portions: list[bytes]) -> int:
    assembler = Assembler(LogSource("stdout"), AssemblerOptions())
    for portion in portions:
        assembler.feed(portion, _NOW)
    return assembler.stats.lines_accepted


def _deliver(portions: list[bytes]) -> int:
    source = LogSource("stdout", "shop", "python", ("env:prod", "version:1.2.3"))
    assembler, batcher = Assembler(source, AssemblerOptions()), Batcher(BatchOptions())
    codec, lines = choose_codec("zstd"), 0
    for portion in [*portions, b""]:
        messages = assembler.feed(portion, _NOW) if portion else assembler.end(_NOW)
        for message in messages:
            lines += sum(payload_of(b, codec).samples for b in batcher.add(message, _NOW))
    return lines + sum(payload_of(batch, codec).samples for batch in batcher.flush())
