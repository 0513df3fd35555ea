"""Environment variables that load a tracer, which the image brings along, into the app.

Imported before the app has started, when the image has a tracer.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PROFILER = "{846F5F1C-F9AE-4B07-969E-05C26BC060D8}"


def tracer_environment(
    environ: "Mapping[str, str]", root: str, is_folder: "Callable[[str], bool]"
) -> dict[str, str]:
    """What the app's environment needs for the first tracer in `root`: node, java, .NET, Python.

    What the variables hold already stays in front; those of .NET that have a value are left alone.
    """
    for language, variables in _LANGUAGES:
        folder = f"{root.rstrip('/')}/{language}/"
        if is_folder(folder):
            return variables(environ, folder)
    return {}


def _node(environ: "Mapping[str, str]", folder: str) -> dict[str, str]:
    # Images have the tracer either in the folder itself or in its node_modules.
    paths = f"{folder}:{folder}node_modules"
    return {
        "NODE_PATH": _joined(environ, "NODE_PATH", ":", paths),
        "NODE_OPTIONS": _joined(environ, "NODE_OPTIONS", " ", "--require dd-trace/init"),
    }


def _java(environ: "Mapping[str, str]", folder: str) -> dict[str, str]:
    agent = f"-javaagent:{folder}dd-java-agent.jar"
    return {"JAVA_TOOL_OPTIONS": _joined(environ, "JAVA_TOOL_OPTIONS", " ", agent)}


def _dotnet(environ: "Mapping[str, str]", folder: str) -> dict[str, str]:
    wanted = {
        "CORECLR_ENABLE_PROFILING": "1",
        "CORECLR_PROFILER": _PROFILER,
        "CORECLR_PROFILER_PATH": f"{folder}Datadog.Trace.ClrProfiler.Native.so",
        "DD_DOTNET_TRACER_HOME": folder,
    }
    return {name: value for name, value in wanted.items() if not environ.get(name)}


def _python(environ: "Mapping[str, str]", folder: str) -> dict[str, str]:
    return {"PYTHONPATH": _joined(environ, "PYTHONPATH", ":", folder)}


def _joined(environ: "Mapping[str, str]", name: str, separator: str, more: str) -> str:
    present = environ.get(name, "")
    return f"{present}{separator}{more}" if present else more


# In the order in which they are looked for; the first that exists wins.
_LANGUAGES = (("node", _node), ("java", _java), ("dotnet", _dotnet), ("python", _python))
