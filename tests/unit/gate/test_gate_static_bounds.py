"""The file of bounds: understood whole or refused."""

from pathlib import Path

import pytest

from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.static_bounds import ImportTarget, SizeBounds, load

ROOT = Path(__file__).parents[3]


def test_the_projects_own_bounds_are_understood() -> None:
    bounds = load(str(ROOT / "gates/static.yaml"))
    assert bounds.imports[1] == ImportTarget(
        name="serverless-init, a whole run",
        module="serverless_init.entrypoint",
        function="main",
        arguments=("true",),
        environment={"DD_DOGSTATSD_PORT": "0"},
        modules_max=bounds.imports[1].modules_max,
    )


def test_sizes_have_units(project: Path) -> None:
    bounds = load(str(project / "gates/static.yaml"))
    assert bounds.wheel == SizeBounds(8_192, 4_096, 1_024, 1_024)
    assert bounds.closure.disk_max == 1_048_576


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("disk_max: 8 KiB, ", "", ": wheel: disk_max is missing"),
        ("8 KiB", "8 kB", ": wheel: disk_max must be a size such as 64 KiB"),
        ("8 KiB", "8", ": wheel: disk_max must be a string"),
        ("modules_max: 60", "modules_max: many", r": imports\[0\]: modules_max must be a whole"),
        ("kinds: [.py]", "kinds: .py", ": inventory: kinds must be a list"),
        ("closure:", "closer: {}\nclosure:", ": unknown: closer"),
        ("[src]", "[src], minimum: 1", ": coverage: unknown: minimum"),
        ("{name: tiny", "{[: tiny", " is no YAML: "),
        ("  - {name: tiny, module: tiny.run, modules_max: 60}", "  - tiny", r"\[0\] must be a map"),
    ],
)
def test_a_bound_that_is_not_as_it_must_be_is_named(
    project: Path, old: str, new: str, complaint: str
) -> None:
    path = project / "gates/static.yaml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(CannotMeasure, match=complaint):
        load(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match=r"none\.yaml cannot be read: No such file"):
        load(str(tmp_path / "none.yaml"))
