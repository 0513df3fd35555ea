"""Everything that may say who sent a sample."""

from typing import NamedTuple


class Sender(NamedTuple):
    """Raw text as it came; empty is nothing.

    `socket_container` is the id of the container that the socket's credentials lead to. A tuple
    because it is a part of dictionary keys.
    """

    socket_container: bytes = b""
    local_data: bytes = b""
    external_data: bytes = b""
    entity_id: bytes = b""
    cardinality: bytes = b""
