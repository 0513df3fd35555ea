"""AWS Lambda MicroVM: a virtual machine made from an image, suspended and resumed at will.

Its end is announced by a hook (see the package `hooks`), not by SIGTERM alone, and how long it
waits is not documented: the window is the shortest in use.
"""

from serverless_init.platforms.platform import UNKNOWN, Answers, Description, Environ, Platform

IMAGE_ARN = "AWS_LAMBDA_MICROVM_IMAGE_ARN"
_ORIGIN = "lambdamicrovm"
_NAME_AT = 6


def describe(environ: Environ, answers: Answers) -> Description:  # noqa: ARG001
    """The tags of an image's instances: arn:aws:lambda:<region>:<account>:microvm-image:<name>."""
    arn = environ.get(IMAGE_ARN, "")
    parts = arn.split(":")
    is_image = len(parts) > _NAME_AT and parts[0] == "arn" and parts[5] == "microvm-image"
    region, account = (parts[3], parts[4]) if is_image else ("", "")
    tags = {
        "resource_type": _ORIGIN,
        "resource_provider": "aws",
        "region": region or UNKNOWN,
        "account_id": account or UNKNOWN,
        "image_name": ":".join(parts[_NAME_AT:]) if is_image else UNKNOWN,
        "resource_id": arn or UNKNOWN,
    }
    enhanced = tags | {"origin": _ORIGIN}
    return Description(tags, enhanced, enhanced)


MICRO_VM = Platform(
    name="micro_vm",
    title="AWS Lambda MicroVM",
    origin=_ORIGIN,
    variables=(IMAGE_ARN,),
    grace_s=10.0,
    describe=describe,
    log_source=_ORIGIN,
    metric_prefix="aws.lambda.microvm.",
)
