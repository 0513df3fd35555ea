"""Names matched by a pattern in which ``*`` stands for any characters but a dot.

No regular expression: ``*_*_*_*x`` on a long name of underscores would take weeks of backtracking,
and anybody who may send a metric may send that name. As no ``*`` takes a dot, the parts between the
dots of pattern and name correspond one to one. Within a part the first ``*`` takes as much as it
can, then the second, and so on; literal texts found from the right, each at its last place, give
just that, in a time of at most the name's length times the pattern's.
"""

from collections.abc import Callable, Mapping


def wildcard(pattern: str) -> Callable[[str], Mapping[str, str] | None]:
    """What gives the texts of a name's wildcards by their number as text, and None for no match."""
    parts = [part.split("*") for part in pattern.split(".")]

    def groups(name: str) -> Mapping[str, str] | None:
        texts = name.split(".")
        if len(texts) != len(parts):
            return None
        found = [name]
        for literals, text in zip(parts, texts, strict=True):
            taken = _match(literals, text)
            if taken is None:
                return None
            found += taken
        return {str(number): text for number, text in enumerate(found)}

    return groups


def _match(literals: list[str], text: str) -> list[str] | None:
    """The texts between `literals`, of which `text` must consist; None when it does not."""
    first, *others = literals
    if not others:
        return [] if text == first else None
    begin, end = len(first), len(text) - len(others[-1])
    if begin > end or not text.startswith(first) or not text.endswith(others[-1]):
        return None
    taken = []
    for literal in reversed(others[:-1]):
        at = text.rfind(literal, begin, end)
        if at < 0:
            return None
        taken.append(text[at + len(literal) : end])
        end = at
    return [text[begin:end], *reversed(taken)]
