"""Who sent a sample, and which tags follow from it.

A sender is known by its socket, whose kernel tells the process (and so its container), or by what
its client says of itself: container id or cgroup inode (``c:``), external data (``e:``), a pod's
uid (``dd.internal.entity_id:``). Which of them count, and in which order, are the Agent's rules:
the older ones add up what they find, the unified ones take the first that has tags. Imported only
where an origin can be known.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from serverless_init.model import EntityTags
from serverless_init.sampler.sender import Sender

CARDINALITIES = (b"none", b"low", b"orchestrator", b"high")
_NO_ENTITY = b"none"
_GLOBAL = b"global://"
_TRUE = frozenset((b"1", b"t", b"T", b"TRUE", b"true", b"True"))
_FALSE = frozenset((b"0", b"f", b"F", b"FALSE", b"false", b"False"))
_INODE_MAX = 2**64 - 1
_INODE_DIGITS_MAX = 20


@dataclass(frozen=True, slots=True)
class LocalData:
    """What a client says of the container it runs in; inode 0 is none."""

    container_id: bytes = b""
    inode: int = 0


@dataclass(frozen=True, slots=True)
class ExternalData:
    """What an admission controller told the client's container about it."""

    init: bool = False
    container_name: bytes = b""
    pod_uid: bytes = b""


@dataclass(frozen=True, slots=True)
class OriginOptions:
    """The settings that rule origin tags."""

    unified: bool = False
    opt_out: bool = True
    entity_id_precedence: bool = False
    cardinality: bytes = b"low"


class OriginTags:
    """Finds the tags of a sender.

    `container_of_inode` and `container_of_pod` find a container's id; empty when they cannot.
    """

    def __init__(
        self,
        options: OriginOptions,
        entities: EntityTags,
        *,
        container_of_inode: Callable[[int], bytes] = lambda _: b"",
        container_of_pod: Callable[[ExternalData], bytes] = lambda _: b"",
    ) -> None:
        self._options = options
        self._entities = entities
        self._container_of_inode = container_of_inode
        self._container_of_pod = container_of_pod

    def of(self, sender: Sender) -> tuple[bytes, ...]:
        """The tags of `sender`, in order of their sources; possibly with repetitions."""
        cardinality = sender.cardinality
        if cardinality not in CARDINALITIES:
            cardinality = self._options.cardinality
        local = parse_local_data(sender.local_data)
        container = local.container_id
        if not container and local.inode:
            container = self._container_of_inode(local.inode)
        if self._options.unified:
            return self._unified(sender, container, cardinality)
        return self._legacy(sender, container, cardinality)

    def _legacy(self, sender: Sender, container: bytes, cardinality: bytes) -> tuple[bytes, ...]:
        options = self._options
        if cardinality == b"none" and options.opt_out:
            return ()
        pod = sender.entity_id
        found: list[bytes] = []
        if not (options.entity_id_precedence and pod):
            found += self._container(sender.socket_container, cardinality)
        if pod and pod != _NO_ENTITY:
            found += self._pod(pod, cardinality)
        elif not pod:
            found += self._container(container, cardinality)
        found += self._entities.tags(_GLOBAL, cardinality)
        return tuple(found)

    def _unified(self, sender: Sender, container: bytes, cardinality: bytes) -> tuple[bytes, ...]:
        if cardinality == b"none":
            return ()
        for tags in self._candidates(sender, container, cardinality):
            if tags:
                return tags
        return self._entities.tags(_GLOBAL, cardinality)

    def _candidates(
        self, sender: Sender, container: bytes, cardinality: bytes
    ) -> Iterator[tuple[bytes, ...]]:
        """The tags of each thing that may be the origin, the most trusted one first."""
        external = parse_external_data(sender.external_data)
        yield self._container(sender.socket_container, cardinality)
        yield self._container(container, cardinality)
        yield self._container(self._named(external), cardinality)
        if sender.entity_id != _NO_ENTITY:
            yield self._pod(sender.entity_id, cardinality)
        yield self._pod(external.pod_uid, cardinality)

    def _named(self, external: ExternalData) -> bytes:
        named = external.container_name and external.pod_uid
        return self._container_of_pod(external) if named else b""

    def _container(self, name: bytes, cardinality: bytes) -> tuple[bytes, ...]:
        return self._entities.tags(b"container_id://" + name, cardinality) if name else ()

    def _pod(self, uid: bytes, cardinality: bytes) -> tuple[bytes, ...]:
        return self._entities.tags(b"kubernetes_pod_uid://" + uid, cardinality) if uid else ()


def parse_local_data(text: bytes) -> LocalData:
    """What the field ``c:`` says. A list holds ``ci-`` and ``in-`` items, others are ignored;
    outside a list ``cid-``, which old tracers write, and a bare id are a container's id too.
    """
    if b"," in text:
        container, inode = b"", 0
        for item in text.split(b","):
            if item.startswith(b"ci-"):
                container = item[3:]
            elif item.startswith(b"in-"):
                inode = _inode(item[3:])
        return LocalData(container, inode)
    if text.startswith(b"in-"):
        return LocalData(inode=_inode(text[3:]))
    for prefix in (b"ci-", b"cid-"):
        if text.startswith(prefix):
            return LocalData(text.removeprefix(prefix))
    return LocalData(text)


def parse_external_data(text: bytes) -> ExternalData:
    """What the field ``e:`` says; items that cannot be read are ignored."""
    init, container, pod = False, b"", b""
    for item in text.split(b","):
        match item[:3]:
            case b"it-" if item[3:] in _TRUE | _FALSE:
                init = item[3:] in _TRUE
            case b"cn-":
                container = item[3:]
            case b"pu-":
                pod = item[3:]
    return ExternalData(init, container, pod)


def _inode(text: bytes) -> int:
    number = int(text) if text.isdigit() and len(text) <= _INODE_DIGITS_MAX else 0
    return number if number <= _INODE_MAX else 0
