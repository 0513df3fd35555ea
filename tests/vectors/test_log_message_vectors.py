"""Lines to messages, as the table has them: joined, apart, and how severe."""

from pathlib import Path

import pytest

from serverless_init.logs import Assembler, AssemblerOptions
from serverless_init.model import LogMessage, LogSource

NOW = 1_700_000_000.0


class Case:
    """One stream: its lines, and the messages that they are to become."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.messages: list[tuple[str, str]] = []

    def add(self, severity: str, line: str) -> None:
        self.lines.append(line)
        if not severity:
            first, text = self.messages.pop()
            self.messages.append((first, f"{text}\n{line}"))
        elif line:
            self.messages.append((severity, line))


def cases() -> list[Case]:
    found: list[Case] = []
    for row in Path(__file__).with_name("log_messages.txt").read_text("utf-8").splitlines():
        if row.startswith("["):
            found.append(Case(row.strip("[]")))
        elif row and not row.startswith("#"):
            severity, _, line = row.partition("|")
            found[-1].add(severity.strip(), line[1:].replace("\\t", "\t"))
    return found


def messages(lines: list[str], stream: str = "stdout") -> list[LogMessage]:
    assembler = Assembler(LogSource(stream), AssemblerOptions())
    data = "".join(f"{line}\n" for line in lines).encode()
    return assembler.feed(data, NOW) + assembler.end(NOW)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_lines_of_a_case_become_its_messages(case: Case) -> None:
    expected = [("info" if s == "-" else s, text) for s, text in case.messages]
    assert [(m.status, m.text.decode()) for m in messages(case.lines)] == expected


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_what_says_nothing_is_an_error_on_stderr(case: Case) -> None:
    expected = ["error" if s == "-" else s for s, _ in case.messages]
    assert [message.status for message in messages(case.lines, "stderr")] == expected


def test_two_streams_that_write_in_turns_stay_apart() -> None:
    streams = {"stdout": cases()[0], "stderr": cases()[8]}
    assemblers = {name: Assembler(LogSource(name), AssemblerOptions()) for name in streams}
    out: dict[str, list[str]] = {name: [] for name in streams}
    for position in range(max(len(case.lines) for case in streams.values())):
        for name, case in streams.items():
            data = "".join(f"{line}\n" for line in case.lines[position : position + 1])
            got = assemblers[name].feed(data.encode(), NOW)
            out[name] += [message.text.decode() for message in got]
    for name, assembler in assemblers.items():
        out[name] += [message.text.decode() for message in assembler.end(NOW)]
    assert out == {name: [text for _, text in case.messages] for name, case in streams.items()}
