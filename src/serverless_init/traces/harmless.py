"""Tags that were looked at before, and nothing had to be done about them.

Most tags of most spans are those of the span before: whether a value is too long or a card's number
need not be asked again. Only what is short is remembered, and only so much of it.
"""

_TAG_CHARACTERS_MAX = 128
_TAGS_MAX = 8192


class HarmlessTags:
    """A set of keys with values."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def has_all(self, meta: dict[str, str]) -> bool:
        """Whether all tags are known to be harmless."""
        return meta.items() <= self._known

    def add(self, meta: dict[str, str]) -> None:
        """Remember tags that have been made harmless."""
        if len(self._known) > _TAGS_MAX:
            self._known.clear()
        self._known.update(
            tag for tag in meta.items() if len(tag[0]) + len(tag[1]) <= _TAG_CHARACTERS_MAX
        )
