import importlib.util
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def metric_messages() -> Any:
    """The classes of ``metric_messages.py``, which importlib mode does not let tests import."""
    path = Path(__file__).with_name("metric_messages.py")
    spec = importlib.util.spec_from_file_location("metric_messages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MetricMessages()
