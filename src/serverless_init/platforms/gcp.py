"""The metadata server of Google Cloud, which Cloud Run services, functions and jobs share.

``GCE_METADATA_HOST`` names another one, as for Google's own libraries.
"""

import re
from collections.abc import Iterator

from serverless_init.platforms.platform import Answers, Environ, Question

_HOST = "metadata.google.internal"
_PATHS = {
    "container_id": "instance/id",
    "location": "instance/region",
    "project_id": "project/project-id",
}
# An error page of a proxy is no id. Ids of instances are some 200 digits long.
_VALUE = re.compile(rb"[A-Za-z0-9._:/-]{1,512}")


def questions(environ: Environ) -> tuple[Question, ...]:
    """What is asked for, each by itself."""
    base = f"http://{environ.get('GCE_METADATA_HOST') or _HOST}/computeMetadata/v1"
    return tuple(
        Question(name, f"{base}/{path}", (("Metadata-Flavor", "Google"),))
        for name, path in _PATHS.items()
    )


def facts(answers: Answers) -> dict[str, str]:
    """The answers that can be one, in lower case; of the region's path its last part."""
    return dict(_facts(answers))


def prefixed(tags: dict[str, str], prefix: str) -> dict[str, str]:
    """`tags`, and each once more with the prefix of its product."""
    return tags | {f"{prefix}.{key}": value for key, value in tags.items()}


def resource_name(known: dict[str, str], kind: str, name: str) -> str:
    """The full name of a resource; empty while a part of it is not known."""
    project, location = known.get("project_id"), known.get("location")
    if not (project and location and name):
        return ""
    return f"projects/{project}/locations/{location}/{kind}/{name}"


def _facts(answers: Answers) -> Iterator[tuple[str, str]]:
    for name in _PATHS:
        answer = answers.get(name, b"").strip()
        if _VALUE.fullmatch(answer):
            value = answer.decode("ascii").lower()
            yield name, value.rpartition("/")[2] if name == "location" else value
