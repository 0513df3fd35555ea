"""Cloud Run function, of the second generation: a Cloud Run service that names its function.

``FUNCTION_SIGNATURE_TYPE`` is not set by the Go runtimes.
"""

from dataclasses import replace

from serverless_init.platforms import gcp
from serverless_init.platforms.cloud_run import (
    GRACE_S,
    LEGACY_PREFIX,
    METRIC_PREFIX,
    ORIGIN,
    described,
)
from serverless_init.platforms.platform import Answers, Description, Environ, Platform

_PREFIX = "gcrfx"
_VARIABLES = {
    "build_function_target": "FUNCTION_TARGET",
    "function_signature_type": "FUNCTION_SIGNATURE_TYPE",
}


def describe(environ: Environ, answers: Answers) -> Description:
    """The tags of a function's instance: those of its service, and the function."""
    target = environ.get("FUNCTION_TARGET", "")
    service = described(environ, gcp.facts(answers), prefix=_PREFIX, function=target)
    tags = dict(service.tags)
    for key, variable in _VARIABLES.items():
        if environ.get(variable):
            tags[f"{_PREFIX}.{key}"] = environ[variable]
    return replace(service, tags=tags, function_name=environ.get("K_SERVICE", ""))


CLOUD_RUN_FUNCTION = Platform(
    name="cloud_run_function",
    title="Cloud Run function",
    origin=ORIGIN,
    variables=("K_SERVICE", "FUNCTION_TARGET"),
    grace_s=GRACE_S,
    describe=describe,
    questions=gcp.questions,
    log_source=ORIGIN,
    metric_prefix=METRIC_PREFIX,
    legacy_prefix=LEGACY_PREFIX,
    high_cardinality=frozenset({"container_id", "gcrfx.container_id"}),
)
