"""Anywhere else: a developer's machine, a VM, a platform that we do not know.

Nothing is known, so nothing is added to what the program sends. The window is that of ``docker
stop``, the shortest in use.
"""

from serverless_init.platforms.platform import UNKNOWN, Answers, Description, Environ, Platform


def describe(environ: Environ, answers: Answers) -> Description:  # noqa: ARG001
    """No tags for all telemetry; those of metrics about the container are the original's."""
    enhanced = {"local": "true"}
    return Description({}, enhanced, enhanced | {"instance": environ.get("HOSTNAME") or UNKNOWN})


LOCAL = Platform(
    name="local",
    title="none of those known",
    origin="local",
    variables=(),
    grace_s=10.0,
    describe=describe,
)
