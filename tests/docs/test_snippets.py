"""What the documentation shows is true: its snippets run, and print what it says they print.

A block after ``<!-- run -->`` is run, and its output, stdout and stderr together, compared with a
block after ``<!-- prints -->`` that follows it; there ``...`` stands for anything. Other blocks
are read by whoever understands their language.
"""

import doctest
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from serverless_init.testing import free_port

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted({*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")})
BLOCK = re.compile(r"(?:^<!-- (run|prints) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCKER = {"FROM", "COPY", "RUN", "ENV", "USER", "WORKDIR", "ENTRYPOINT", "CMD"}


@dataclass(frozen=True)
class Block:
    """A fenced block; `mark` is ``run``, ``prints`` or nothing, `prints` what a run prints."""

    page: str
    mark: str
    language: str
    text: str
    prints: str | None = None


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        name = str(page.relative_to(REPOSITORY))
        here = [Block(name, *match) for match in BLOCK.findall(page.read_text())]
        for block, following in pairwise([*here, None]):
            assert block is not None
            prints = following.text if following and following.mark == "prints" else None
            found.append(Block(block.page, block.mark, block.language, block.text, prints))
    return found


def of(*languages: str) -> list[Block]:
    return [block for block in blocks() if block.language in languages]


def identify(block: object) -> str | None:
    return f"{block.page}: {block.text.strip()[:30]}" if isinstance(block, Block) else None


# Of DogStatsD by UDP, and of traces by TCP.
PORTS = ("DD_DOGSTATSD_PORT", "DD_APM_RECEIVER_PORT")


@pytest.fixture
def environment() -> dict[str, str]:
    """No settings of the machine, the installed programs first, and a UDP port of its own."""
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DD_")}
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**kept, "PATH": programs, **dict.fromkeys(PORTS, str(port))}


@pytest.mark.parametrize("block", [b for b in blocks() if b.mark == "run"], ids=identify)
def test_a_snippet_runs_and_prints_what_the_page_says(
    block: Block, environment: dict[str, str], tmp_path: Path
) -> None:
    interpreter = {"sh": ["sh", "-eu"], "python": [sys.executable]}[block.language]
    script = tmp_path / "snippet"
    script.write_text(block.text)
    folder = tmp_path / "folder"
    folder.mkdir()
    # An empty one, so that the machine's own is not looked for.
    (folder / "datadog.yaml").touch()
    done = subprocess.run(
        [*interpreter, str(script)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    if block.prints is not None:
        same = doctest.OutputChecker().check_output(block.prints, done.stdout, doctest.ELLIPSIS)
        assert same, f"{block.page} says:\n{block.prints}\nbut it prints:\n{done.stdout}"


@pytest.mark.parametrize("block", of("sh"), ids=identify)
def test_a_shell_snippet_is_well_formed(block: Block) -> None:
    subprocess.run(["sh", "-n", "-c", block.text], check=True, timeout=10)


@pytest.mark.parametrize("block", of("python"), ids=identify)
def test_a_python_snippet_is_well_formed(block: Block) -> None:
    compile(block.text, block.page, "exec")


@pytest.mark.parametrize("block", of("json", "yaml"), ids=identify)
def test_a_data_snippet_is_well_formed(block: Block) -> None:
    value = json.loads(block.text) if block.language == "json" else yaml.safe_load(block.text)
    assert value


@pytest.mark.parametrize("block", of("dockerfile"), ids=identify)
def test_a_dockerfile_snippet_has_instructions_and_json_commands(block: Block) -> None:
    lines = block.text.replace("\\\n", " ").splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if line and line[0] != "#"]
    assert {name for name, _ in instructions} <= DOCKER
    for name, arguments in instructions:
        assert name not in ("ENTRYPOINT", "CMD") or isinstance(json.loads(arguments), list)


def test_the_guide_shows_the_dockerfile_of_the_examples() -> None:
    example = (REPOSITORY / "examples" / "docker" / "Dockerfile").read_text().splitlines()
    shown = next(b for b in of("dockerfile") if b.page == "docs/guide/docker.md")
    assert [line for line in shown.text.splitlines() if line and line not in example] == []


def test_every_mark_stands_before_a_block() -> None:
    mark = re.compile(r"^<!-- (?:run|prints) -->$", re.MULTILINE)
    marks = sum(len(mark.findall(page.read_text())) for page in PAGES)
    assert marks == sum(bool(block.mark) for block in blocks())


def test_the_guide_lists_the_control_routes_of_the_intake() -> None:
    from serverless_init.intake.control import Control
    from serverless_init.intake.faults import FaultScript, FaultStep
    from serverless_init.intake.store import Store

    guide = (REPOSITORY / "docs" / "guide" / "local.md").read_text()
    listed = re.findall(r"^\| `([A-Z]+) (/local/\w+)` \|", guide, re.MULTILINE)
    assert sorted(listed) == sorted(Control(Store(), script=FaultScript()).routes)
    fields = re.findall(r"^\| `(\w+)` \|", guide.partition("### Faults")[2], re.MULTILINE)
    assert sorted(fields) == sorted(FaultStep.__slots__)
