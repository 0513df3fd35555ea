"""Which variables load the tracer that an image brings along."""

import os
from pathlib import Path

import pytest

from serverless_init.process.tracers import tracer_environment

PROFILER = "{846F5F1C-F9AE-4B07-969E-05C26BC060D8}"


@pytest.mark.parametrize(
    ("folders", "environ", "expected"),
    [
        (
            "node",
            {},
            {
                "NODE_PATH": "@/node/:@/node/node_modules",
                "NODE_OPTIONS": "--require dd-trace/init",
            },
        ),
        (
            "node",
            {"NODE_PATH": "/app", "NODE_OPTIONS": "--inspect"},
            {
                "NODE_PATH": "/app:@/node/:@/node/node_modules",
                "NODE_OPTIONS": "--inspect --require dd-trace/init",
            },
        ),
        ("java", {}, {"JAVA_TOOL_OPTIONS": "-javaagent:@/java/dd-java-agent.jar"}),
        (
            "java",
            {"JAVA_TOOL_OPTIONS": "-javaagent:mine.jar"},
            {"JAVA_TOOL_OPTIONS": "-javaagent:mine.jar -javaagent:@/java/dd-java-agent.jar"},
        ),
        (
            "dotnet",
            {"CORECLR_PROFILER": ""},
            {
                "CORECLR_ENABLE_PROFILING": "1",
                "CORECLR_PROFILER": PROFILER,
                "CORECLR_PROFILER_PATH": "@/dotnet/Datadog.Trace.ClrProfiler.Native.so",
                "DD_DOTNET_TRACER_HOME": "@/dotnet/",
            },
        ),
        (
            "dotnet",
            {
                "CORECLR_ENABLE_PROFILING": "0",
                "CORECLR_PROFILER": "a",
                "CORECLR_PROFILER_PATH": "b",
                "DD_DOTNET_TRACER_HOME": "c",
            },
            {},
        ),
        ("python", {}, {"PYTHONPATH": "@/python/"}),
        ("python", {"PYTHONPATH": "/a:/b"}, {"PYTHONPATH": "/a:/b:@/python/"}),
        ("python java", {}, {"JAVA_TOOL_OPTIONS": "-javaagent:@/java/dd-java-agent.jar"}),
        ("php ruby", {}, {}),
        ("", {}, {}),
    ],
)
def test_the_first_tracer_there_is_decides_the_variables(
    tmp_path: Path, folders: str, environ: dict[str, str], expected: dict[str, str]
) -> None:
    for folder in folders.split():
        (tmp_path / folder).mkdir()
    wanted = {name: value.replace("@", str(tmp_path)) for name, value in expected.items()}
    assert tracer_environment(environ, str(tmp_path), os.path.isdir) == wanted
    assert tracer_environment(environ, f"{tmp_path}/", os.path.isdir) == wanted


def test_a_file_of_a_tracers_name_is_no_tracer(tmp_path: Path) -> None:
    (tmp_path / "node").write_text("")
    assert tracer_environment({}, str(tmp_path), os.path.isdir) == {}
