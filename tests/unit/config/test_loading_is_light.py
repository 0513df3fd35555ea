"""Settings are loaded before the app has started: what that imports is a short list."""

import subprocess
import sys

PROBE = """
import sys
before = set(sys.modules)
from serverless_init.config import DogStatsDSettings, load
load({"DD_DOGSTATSD_PORT": "99999"}, whole=False).of(DogStatsDSettings)
print(*sorted(set(sys.modules) - before))
"""


def test_loading_settings_imports_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == [
        "serverless_init",
        "serverless_init.config",
        "serverless_init.config.declare",
        "serverless_init.config.load",
        "serverless_init.config.parse",
        "serverless_init.config.parse_structures",
        "serverless_init.config.settings",
        "serverless_init.config.settings_dogstatsd",
        "serverless_init.config.settings_logs",
        "serverless_init.config.settings_otlp",
        "serverless_init.config.settings_platform",
        "serverless_init.config.settings_receiver",
    ]
