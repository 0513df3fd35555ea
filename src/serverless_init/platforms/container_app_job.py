"""Azure Container Apps job: one replica of one execution, which ends by itself.

The original does not know it. Its tags follow those of an app, with the job's names.
"""

from serverless_init.platforms import azure
from serverless_init.platforms.platform import Answers, Description, Environ, Platform


def describe(environ: Environ, answers: Answers) -> Description:  # noqa: ARG001
    """The tags of one execution's replica, as far as the platform tells."""
    job = environ.get("CONTAINER_APP_JOB_NAME", "")
    told = {
        "job_name": job,
        "aca.job.name": job,
        "aca.job.execution_name": environ.get("CONTAINER_APP_JOB_EXECUTION_NAME", ""),
        "replica_name": environ.get("CONTAINER_APP_REPLICA_NAME", ""),
        "aca.replica.name": environ.get("CONTAINER_APP_REPLICA_NAME", ""),
    }
    if environ.get("CONTAINER_APP_ENV_DNS_SUFFIX"):
        told["region"] = told["aca.app.region"] = azure.region(environ)
    owner = azure.owner(environ, "jobs", job)
    tags = {key: value for key, value in told.items() if value} | owner
    enhanced = {
        "job_name": job,
        "region": told.get("region", ""),
        "resource_group": owner.get("resource_group", ""),
        "subscription_id": owner.get("subscription_id", ""),
    }
    return Description(tags, enhanced, problems=azure.problems(environ))


CONTAINER_APP_JOB = Platform(
    name="container_app_job",
    title="Azure Container Apps job",
    origin="containerappjobs",
    variables=("CONTAINER_APP_JOB_NAME",),
    grace_s=30.0,
    describe=describe,
    log_source="containerapp",
    usage_suffix="",
    high_cardinality=frozenset({"aca.job.execution_name", "replica_name", "aca.replica.name"}),
    known_to_original=False,
    job=True,
)
