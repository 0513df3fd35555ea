"""Kubernetes: one container of a pod.

The original does not know it. The pod's name is its host name; the namespace stands in a file that
every pod has unless its service account token is not mounted. SIGTERM, and SIGKILL after
``terminationGracePeriodSeconds``, 30 by default.
"""

from serverless_init.platforms.platform import Answers, Description, Environ, Platform, Question

_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
_NAME_LENGTH_MAX = 253


def questions(environ: Environ) -> tuple[Question, ...]:  # noqa: ARG001
    """The file that names the namespace."""
    return (Question("namespace", f"file://{_NAMESPACE_FILE}"),)


def describe(environ: Environ, answers: Answers) -> Description:
    """The tags of a pod, by the names that the Datadog Agent gives them."""
    namespace = answers.get("namespace", b"").decode("ascii", "replace").strip()
    told = {
        "kube_namespace": namespace if _is_name(namespace) else "",
        "pod_name": environ.get("HOSTNAME", ""),
    }
    tags = {key: value for key, value in told.items() if value}
    enhanced = {"kube_namespace": told["kube_namespace"], "origin": "kubernetes"}
    return Description(tags, enhanced, enhanced | {"instance": told["pod_name"]})


def _is_name(text: str) -> bool:
    plain = text.replace("-", "").replace(".", "")
    return plain.isascii() and plain.isalnum() and len(text) <= _NAME_LENGTH_MAX


KUBERNETES = Platform(
    name="kubernetes",
    title="Kubernetes",
    origin="kubernetes",
    variables=("KUBERNETES_SERVICE_HOST",),
    grace_s=30.0,
    describe=describe,
    questions=questions,
    log_source="kubernetes",
    high_cardinality=frozenset({"pod_name"}),
    known_to_original=False,
)
