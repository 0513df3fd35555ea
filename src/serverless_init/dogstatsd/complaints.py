"""What the log says about samples that were refused for want of room."""

from collections.abc import Sequence

from serverless_init.sampler import Crowding

# Enough to recognise a name; a log line has room for few of any length.
_NAME_BYTES = 80


def too_many_contexts(names: Sequence[tuple[bytes, int]], crowding: Crowding | None) -> str:
    """One line: of which `names` samples were refused, how many, and whose contexts there are."""
    refused = ", ".join(f"{_quoted(name)} {samples}" for name, samples in names)
    line = f"too many contexts, samples are dropped, most of them of: {refused}"
    if crowding is None:
        return line
    line += (
        f"; of the {crowding.contexts_of_all} contexts held, {crowding.contexts} are "
        f"{_quoted(crowding.name)}"
    )
    if crowding.tag_key:
        line += f", told apart mostly by the tag {_quoted(crowding.tag_key)}"
    return line


def _quoted(name: bytes) -> str:
    return repr(name[:_NAME_BYTES])[1:]
