"""Tags that name a resource: what a series is about besides its host.

``device:<name>`` and ``dd.internal.resource:<type>:<name>``. Without a type or a name such a tag
stays an ordinary one, so that nothing is lost.
"""

from collections.abc import Iterable

HOST, DEVICE = b"host", b"device"

_DEVICE = DEVICE + b":"
_RESOURCE = b"dd.internal.resource:"
_PREFIXES = (_DEVICE, _RESOURCE)

Resource = tuple[bytes, bytes]


def resource_of(tag: bytes) -> Resource | None:
    """The type and name of the resource that `tag` names; None for an ordinary tag."""
    if not tag.startswith(_PREFIXES):
        return None
    if tag.startswith(_DEVICE):
        name = tag[len(_DEVICE) :]
        return (DEVICE, name) if name else None
    kind, _, name = tag[len(_RESOURCE) :].partition(b":")
    return (kind, name) if kind and name else None


def name_none(tags: Iterable[bytes]) -> bool:
    """Whether surely none of `tags` names a resource: a quick look at all of them together."""
    together = b" ".join(tags)
    return _DEVICE not in together and _RESOURCE not in together


def in_order(tags: Iterable[bytes]) -> list[bytes]:
    """Tags that name resources in the order in which these are written: devices first."""
    return sorted(tags, key=lambda tag: not tag.startswith(_DEVICE))
