"""AWS App Runner.

The original does not know it, and nobody can tell it from inside: it sets no variable that is its
own (aws/apprunner-roadmap issue 202). ``DD_SERVERLESS_PLATFORM=app_runner`` says so. How long it
waits after SIGTERM is not documented: the window is the shortest in use.
"""

from serverless_init.platforms.platform import Answers, Description, Environ, Platform


def describe(environ: Environ, answers: Answers) -> Description:  # noqa: ARG001
    """The region is all there is."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", "")
    enhanced = {"origin": "apprunner", "region": region}
    return Description({"region": region} if region else {}, enhanced, enhanced)


APP_RUNNER = Platform(
    name="app_runner",
    title="AWS App Runner",
    origin="apprunner",
    variables=(),
    grace_s=10.0,
    describe=describe,
    log_source="apprunner",
    known_to_original=False,
)
