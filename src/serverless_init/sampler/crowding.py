"""Who fills the table of contexts: the name with most of them, and the tag that tells them apart.

Asked when the table is full, which is nearly always one tag's doing: an identifier of a user, of a
request, or a time.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from serverless_init.sampler.contexts import Context

# Enough to see which tag differs; the rest of the name's contexts would say the same.
_EXAMINED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Crowding:
    """The name with most contexts, how many, and of all; `tag_key` is empty when no tag differs."""

    name: bytes
    contexts: int
    contexts_of_all: int
    tag_key: bytes


def crowding(contexts: Sequence[Context]) -> Crowding | None:
    """What crowds `contexts`; None when there are none. Takes some 40 ms for 100,000."""
    names = Counter(context.identity.name for context in contexts)
    if not names:
        return None
    ((name, count),) = names.most_common(1)
    examined = [context for context in contexts if context.identity.name == name]
    tag_key = _most_varied_key(examined[:_EXAMINED_MAX])
    return Crowding(name, count, len(contexts), tag_key)


def _most_varied_key(contexts: Sequence[Context]) -> bytes:
    """The tag key with most distinct values; a tag without a colon is its own key's only value."""
    tags = {tag for context in contexts for tag in context.identity.tags}
    keys = Counter(tag.partition(b":")[0] for tag in tags)
    for key, values in keys.most_common(1):
        if values > 1:
            return key
    return b""
