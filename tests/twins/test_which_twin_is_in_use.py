"""The compiled twin is the usual one; without it, and without a compiler, everything works too."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHICH = "from serverless_init.sampler import COMPILED, TimeSampler as T; print(COMPILED, T)"
WHICH_OF_TRACES = "from serverless_init.traces import twin; print(twin.COMPILED)"
PYTHON_TWIN = "False <class 'serverless_init.sampler.time_sampler.TimeSampler'>\n"


def test_the_compiled_twin_is_in_use_where_it_has_been_built() -> None:
    done = run(sys.executable, "-c", WHICH)
    assert done.stdout == "True <class 'serverless_init.sampler._fast.TimeSampler'>\n"
    assert run(sys.executable, "-c", WHICH_OF_TRACES).stdout == "True\n"


def test_the_environment_can_ask_for_the_python_twin() -> None:
    done = run(sys.executable, "-c", WHICH, SERVERLESS_INIT_PURE="1")
    assert done.stdout == PYTHON_TWIN
    of_traces = run(sys.executable, "-c", WHICH_OF_TRACES, SERVERLESS_INIT_PURE="1")
    assert of_traces.stdout == "False\n"


def test_a_build_without_a_compiler_warns_and_makes_a_package_in_pure_python(
    tmp_path: Path,
) -> None:
    command = ("-q", "build", "--build-base", str(tmp_path / "build"), "--force")
    done = run(sys.executable, "setup.py", *command, CC="/no/such/compiler")
    assert "serverless_init.sampler._fast" in done.stderr
    assert "/no/such/compiler" in done.stderr
    (package,) = tmp_path.glob("build/lib*/serverless_init")
    assert list(package.rglob("*.so")) == []
    which = run(sys.executable, "-c", WHICH, PYTHONPATH=str(package.parent))
    assert which.stdout == PYTHON_TWIN
    of_traces = run(sys.executable, "-c", WHICH_OF_TRACES, PYTHONPATH=str(package.parent))
    assert of_traces.stdout == "False\n"


def test_what_is_written_about_the_sampler_holds_for_the_python_twin() -> None:
    # The rest of this run tests the compiled one.
    tests = ("tests/unit/sampler", "tests/vectors/test_aggregation_vectors.py", "tests/property")
    options = ("-q", "-x", "-k", "sampler or aggregation", "-p", "no:cacheprovider")
    done = run(sys.executable, "-m", "pytest", *options, *tests, SERVERLESS_INIT_PURE="1")
    assert " passed" in done.stdout


def test_what_is_written_about_traces_holds_for_the_python_twin() -> None:
    tests = ("tests/unit/traces/test_decoding.py", "tests/unit/traces/test_pipeline.py")
    proofs = ("tests/vectors/traces", "tests/oracle", "tests/property/test_trace_decoders.py")
    options = ("-q", "-x", "-k", "trace", "-p", "no:cacheprovider")
    done = run(sys.executable, "-m", "pytest", *options, *tests, *proofs, SERVERLESS_INIT_PURE="1")
    assert " passed" in done.stdout


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
