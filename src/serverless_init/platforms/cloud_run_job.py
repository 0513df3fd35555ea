"""Cloud Run job: one task of one execution, which ends by itself.

A task that runs into its timeout or is cancelled gets SIGTERM, and SIGKILL 10 s later.
"""

from serverless_init.platforms import gcp
from serverless_init.platforms.platform import Answers, Description, Environ, Platform

_PREFIX = "gcrj"
_VARIABLES = {
    "gcrj.execution_name": "CLOUD_RUN_EXECUTION",
    "gcrj.task_index": "CLOUD_RUN_TASK_INDEX",
    "gcrj.task_attempt": "CLOUD_RUN_TASK_ATTEMPT",
    "gcrj.task_count": "CLOUD_RUN_TASK_COUNT",
}
_ORIGIN = "cloudrunjobs"


def describe(environ: Environ, answers: Answers) -> Description:
    """The tags of one task."""
    known = gcp.facts(answers)
    job = environ.get("CLOUD_RUN_JOB", "")
    tags = gcp.prefixed(known | ({"job_name": job} if job else {}), _PREFIX)
    tags |= {key: environ[v] for key, v in _VARIABLES.items() if environ.get(v)}
    resource = gcp.resource_name(known, "jobs", job)
    if resource:
        tags["gcrj.resource_name"] = resource
    enhanced = {
        "job_name": job,
        "location": known.get("location", ""),
        "origin": _ORIGIN,
        "project_id": known.get("project_id", ""),
    }
    return Description(tags, enhanced)


CLOUD_RUN_JOB = Platform(
    name="cloud_run_job",
    title="Cloud Run job",
    origin=_ORIGIN,
    variables=("CLOUD_RUN_JOB",),
    grace_s=10.0,
    describe=describe,
    questions=gcp.questions,
    log_source="cloudrun",
    metric_prefix="gcp.run.container.",
    usage_suffix="",
    high_cardinality=frozenset(
        {
            "container_id",
            "gcrj.container_id",
            "gcrj.execution_name",
            "gcrj.task_index",
            "gcrj.task_attempt",
            "gcrj.task_count",
        }
    ),
    job=True,
)
