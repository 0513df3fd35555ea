"""A process's container, as the kernel's texts about the process tell it."""

import re

# A runtime's id, an ECS task's, and Garden's: the patterns that the Agent knows.
_CONTAINER_ID = re.compile(
    rb"[0-9a-f]{64}|[0-9a-f]{32}-[0-9]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){4}(?![0-9a-f-])"
)
# Files that a runtime mounts into each of its containers from a folder named for it.
_MOUNTED = re.compile(rb"/(?:containers|sandboxes)/([0-9a-f]{64})/[^\s]*(?:hostname|hosts|resolv)")


def container_of_cgroup(text: bytes) -> bytes:
    """The container's id in ``/proc/<pid>/cgroup``, empty when there is none.

    Each line is ``number:controllers:path``; the last id of a path is the innermost container.
    """
    for line in text.splitlines():
        found = _CONTAINER_ID.findall(line.rpartition(b":")[2])
        if found:
            return bytes(found[-1])
    return b""


def container_of_mounts(text: bytes) -> bytes:
    """The container's id in ``/proc/<pid>/mountinfo``, where a cgroup namespace hides the other."""
    found = _MOUNTED.search(text)
    return found[1] if found else b""
