import importlib.util
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def metric_messages() -> Any:
    """The classes of ``metric_messages.py``."""
    return sibling("metric_messages").MetricMessages()


@pytest.fixture(scope="session")
def trace_messages() -> Any:
    """The classes of ``trace_messages.py``."""
    return sibling("trace_messages").TraceMessages()


def sibling(name: str) -> Any:
    """A module beside this one, which importlib mode does not let tests import."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
