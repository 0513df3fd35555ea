"""Entities: the containers and pods that send, and what is known of them."""

from typing import Protocol


class EntityTags(Protocol):
    """What is known of an entity."""

    def tags(self, entity: bytes, cardinality: bytes) -> tuple[bytes, ...]:
        """The tags of `entity` at ``low``, ``orchestrator`` or ``high`` cardinality, or none.

        An entity is ``container_id://<id>``, ``kubernetes_pod_uid://<uid>`` or
        ``global://``, which stands for what everybody here has in common.
        """


class OwnKnowledge:
    """What a process knows without asking anybody: an entity's name itself.

    A container's id is a tag of high cardinality, as the Agent has it. Everything else about a
    container, its image or its pod's name, is known to a container runtime or an orchestrator, and
    a serverless container can ask neither.
    """

    def tags(self, entity: bytes, cardinality: bytes) -> tuple[bytes, ...]:
        """See `EntityTags.tags`."""
        kind, separator, name = entity.partition(b"://")
        if separator and kind == b"container_id" and name and cardinality == b"high":
            return (b"container_id:" + name,)
        return ()
