"""What OTLP costs those who do not use it."""

import os
import re
import subprocess
import sys

QUIET = {"DD_DOGSTATSD_PORT": "0", "DD_APM_RECEIVER_PORT": "0", "DD_SERVERLESS_RECEIPT": "off"}
HTTP = "DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT"
GRPC = "DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_GRPC_ENDPOINT"


def modules_of_a_run(**environ: str) -> set[str]:
    """Those of the package and of HTTP/2 that a run has imported."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("DD_")}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "serverless_init", "true"],
        env={**kept, **QUIET, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)
    assert "serverless_init.main" in imported
    prefixes = ("serverless_init.otlp.", "serverless_init.otlp_source", "h2.")
    return {name for name in imported if name.startswith(prefixes)}


def test_nothing_of_it_is_imported_without_an_endpoint() -> None:
    assert modules_of_a_run() == set()


def test_what_maps_and_speaks_http_2_is_not_imported_before_the_first_request() -> None:
    imported = modules_of_a_run(**{HTTP: "127.0.0.1:0", GRPC: "127.0.0.1:0"})
    assert imported == {
        "serverless_init.otlp_source",
        "serverless_init.otlp.answers",
        "serverless_init.otlp.component",
        "serverless_init.otlp.http",
        "serverless_init.otlp.options",
        "serverless_init.otlp.stats",
    }
