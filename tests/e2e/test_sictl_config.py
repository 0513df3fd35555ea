"""An operator asks sictl what the settings are and what is wrong with them."""

import json
import os
import subprocess
import sys
from pathlib import Path

SICTL = Path(sys.executable).with_name("sictl")
KEY = "0123456789abcdef0123456789abcdef"


def sictl(
    folder: Path, *arguments: str, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SICTL, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **(environ or {})},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def file_in(folder: Path, text: str = "") -> None:
    """A datadog.yaml, if only an empty one, so that the machine's own is not looked for."""
    (folder / "datadog.yaml").write_text(text)


def test_show_prints_each_value_and_where_it_came_from(tmp_path: Path) -> None:
    file_in(tmp_path, "dogstatsd_buffer_size: 4096\n")
    done = sictl(tmp_path, "config", "show", environ={"DD_DOGSTATSD_PORT": "8126"})
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert ["DD_DOGSTATSD_PORT", "8126", "environment DD_DOGSTATSD_PORT"] in lines
    assert ["DD_DOGSTATSD_BUFFER_SIZE", "4096", "datadog.yaml"] in lines
    assert ["DD_SITE", "datadoghq.com", "default"] in lines
    assert ["DD_ENV", "-", "default"] in lines
    assert (done.returncode, done.stderr) == (0, "")


def test_show_as_json_masks_the_key(tmp_path: Path) -> None:
    file_in(tmp_path)
    done = sictl(tmp_path, "config", "show", "--json", environ={"DD_API_KEY": KEY})
    rows = {row["variable"]: row for row in json.loads(done.stdout)}
    assert rows["DD_API_KEY"] == {
        "component": "Forwarder",
        "variable": "DD_API_KEY",
        "key": "api_key",
        "value": "***cdef",
        "source": "environment DD_API_KEY",
    }
    assert KEY not in done.stdout


def test_show_for_a_sidecar_has_its_defaults(tmp_path: Path) -> None:
    file_in(tmp_path)
    done = sictl(tmp_path, "config", "show", "--sidecar")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["DD_DOGSTATSD_NON_LOCAL_TRAFFIC", "true", "mode"] in lines


def test_check_is_content_with_good_settings(tmp_path: Path) -> None:
    file_in(tmp_path)
    environ = {"DD_API_KEY": KEY, "DD_TRACE_ENABLED": "1", "DD_SITE": ""}
    done = sictl(tmp_path, "config", "check", environ=environ)
    assert (done.stdout, done.stderr, done.returncode) == ("no problems\n", "", 0)


def test_check_names_every_problem_and_fails(tmp_path: Path) -> None:
    file_in(tmp_path, "serverless: {recepit: log}\nsite: 'https://datadoghq.eu'\n")
    environ = {"DD_DOGSTATSD_PROT": "1", "DD_DOGSTATSD_PORT": "x", "DD_FOO": "1"}
    done = sictl(tmp_path, "config", "check", environ=environ)
    assert done.stdout.splitlines() == [
        "problem: DD_DOGSTATSD_PORT='x' must be a whole number from 0 to 65535; "
        "using 8125 (default)",
        "problem: datadog.yaml: site='https://datadoghq.eu' must be a domain without https://, "
        "like datadoghq.eu; using datadoghq.com (default)",
        "problem: unknown setting DD_DOGSTATSD_PROT; did you mean DD_DOGSTATSD_PORT?",
        "problem: unknown setting serverless.recepit in datadog.yaml; "
        "did you mean serverless.receipt?",
        "note: unknown setting DD_FOO",
    ]
    assert (done.stderr, done.returncode) == ("", 1)


def test_check_remarks_on_unknown_names_and_passes(tmp_path: Path) -> None:
    file_in(tmp_path)
    done = sictl(tmp_path, "config", "check", environ={"DD_FOO": "1"})
    assert done.stdout.splitlines() == ["note: unknown setting DD_FOO", "no problems"]
    assert done.returncode == 0


def test_a_file_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    done = sictl(tmp_path, "config", "check", "--file", "missing.yaml")
    assert done.stderr == "sictl: cannot read missing.yaml: No such file or directory\n"
    assert done.returncode == 1


def test_bytes_that_are_not_text_are_shown_and_end_nothing(tmp_path: Path) -> None:
    file_in(tmp_path)
    environ = {"DD_SERVICE": os.fsdecode(b"caf\xe9"), "DD_ENV": "é", "PYTHONIOENCODING": "ascii"}
    done = sictl(tmp_path, "config", "check", environ=environ)
    assert done.stdout == (
        "problem: DD_SERVICE='caf\\udce9' must be one line of text in UTF-8; "
        "using nothing (default)\n"
    )
    shown = sictl(tmp_path, "config", "show", environ=environ)
    assert (shown.returncode, shown.stderr) == (0, "")


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    file_in(tmp_path)
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    with os.fdopen(write_fd, "wb") as pipe:
        done = subprocess.run(
            [SICTL, "config", "show"],
            cwd=tmp_path,
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    assert (done.stderr, done.returncode) == (b"", 0)


def test_the_version_is_printed(tmp_path: Path) -> None:
    done = sictl(tmp_path, "--version")
    assert done.stdout.startswith("serverless-init 0.")
    assert done.returncode == 0


def test_a_port_that_cannot_be_is_refused(tmp_path: Path) -> None:
    done = sictl(tmp_path, "intake", "--port", "65536")
    assert done.stderr.endswith("error: argument --port: must be from 0 to 65535\n")
    assert done.returncode == 2


def test_a_command_line_without_a_verb_is_refused(tmp_path: Path) -> None:
    done = sictl(tmp_path, "config")
    assert "VERB" in done.stderr
    assert done.returncode == 2
