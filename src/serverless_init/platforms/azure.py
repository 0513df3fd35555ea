"""What Azure's platforms share: the region of an environment, and ids of resources.

The platforms do not tell the subscription and the resource group of a container app: the operator
does, in ``DD_AZURE_SUBSCRIPTION_ID`` and ``DD_AZURE_RESOURCE_GROUP``.
"""

from serverless_init.platforms.platform import UNKNOWN, Environ

SUBSCRIPTION = "DD_AZURE_SUBSCRIPTION_ID"
RESOURCE_GROUP = "DD_AZURE_RESOURCE_GROUP"
# The region's place in the name of an environment, like x.bluebeach.eastus.azurecontainerapps.io.
_LABELS_BEHIND_REGION = 3


def region(environ: Environ) -> str:
    """The region that is a part of the environment's DNS suffix; ``unknown`` in a short one."""
    labels = environ.get("CONTAINER_APP_ENV_DNS_SUFFIX", "").split(".")
    return labels[-_LABELS_BEHIND_REGION] if len(labels) >= _LABELS_BEHIND_REGION else UNKNOWN


def problems(environ: Environ) -> tuple[str, ...]:
    """What is missing to name the resource."""
    missing = [name for name in (SUBSCRIPTION, RESOURCE_GROUP) if not environ.get(name)]
    if not missing:
        return ()
    return (f"{' and '.join(missing)} not set: the tags that name the resource are missing",)


def owner(environ: Environ, kind: str, name: str) -> dict[str, str]:
    """The tags of subscription, group and resource, as far as they are known.

    `kind` is the resource provider's, like ``containerapps``.
    """
    subscription, group = environ.get(SUBSCRIPTION, ""), environ.get(RESOURCE_GROUP, "")
    tags: dict[str, str] = {}
    if subscription:
        tags |= {"subscription_id": subscription, "aca.subscription.id": subscription}
    if group:
        tags |= {"resource_group": group, "aca.resource.group": group}
    if subscription and group:
        resource = (
            f"/subscriptions/{subscription}/resourcegroups/{group}"
            f"/providers/microsoft.app/{kind}/{name.lower()}"
        )
        tags |= {"resource_id": resource, "aca.resource.id": resource}
    return tags
