"""Which platform this is: the first variable present wins, even an empty one."""

from collections.abc import Mapping

LOCAL = "local"

# (variable, platform), in order of precedence.
DETECTION = (
    ("AWS_LAMBDA_MICROVM_IMAGE_ARN", "lambdamicrovm"),
    ("K_SERVICE", "cloudrun"),
    ("CLOUD_RUN_JOB", "cloudrunjobs"),
    ("CONTAINER_APP_NAME", "containerapp"),
    ("WEBSITE_STACK", "appservice"),
)


def detect(environ: Mapping[str, str]) -> str:
    """The platform's name, which is also its ``origin`` tag; ``local`` when none is recognised."""
    for variable, platform in DETECTION:
        if variable in environ:
            return platform
    return LOCAL
