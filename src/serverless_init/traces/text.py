"""The intake's rules for names and tag values. Pure functions from any text to allowed text.

A *name* (of an operation) keeps its case, ASCII letters, digits, dots and underscores. A *tag*
is lower case, keeps letters and digits of every script and ``:./-``. Everything else becomes an
underscore, of which never two follow each other.
"""

import re

NAME_BYTES_MAX = 100
SERVICE_BYTES_MAX = 100
TAG_CHARACTERS_MAX = 200

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._]*")
_UNDERSCORE_THEN_SEPARATOR = re.compile(r"_[._]")
_TAG_VALUE = re.compile(r"[a-z0-9:./-]+(_[a-z0-9:./-]+)*")
_TAG_PUNCTUATION = frozenset(":./-")


def cut(text: str, bytes_max: int) -> str:
    """The longest beginning of `text` that takes at most `bytes_max` bytes in UTF-8."""
    if len(text) * 4 <= bytes_max:
        return text
    if text.isascii():
        return text[:bytes_max]
    return text[:bytes_max].encode()[:bytes_max].decode("utf-8", "ignore")


def name(text: str) -> str:
    """`text` as the name of an operation, or nothing when it holds no ASCII letter."""
    text = cut(text, NAME_BYTES_MAX)
    start = next((at for at, character in enumerate(text) if _is_letter(character)), len(text))
    text = text[start:]
    if _NAME.fullmatch(text) and not _UNDERSCORE_THEN_SEPARATOR.search(text):
        return text.removesuffix("_")
    kept: list[str] = []
    for character in text:
        if character.isascii() and character.isalnum():
            kept.append(character)
        elif character == "." and kept[-1] == "_":
            kept[-1] = "."
        elif character == ".":
            kept.append(".")
        elif kept[-1] not in "._":
            kept.append("_")
    return "".join(kept).removesuffix("_")


def tag_value(text: str) -> str:
    """`text` as the value of a tag, of at most 200 characters."""
    if len(text) <= TAG_CHARACTERS_MAX and _TAG_VALUE.fullmatch(text):
        return text
    return _tag(text)


def tag(text: str) -> str:
    """`text` as a whole tag: like a value, but it begins with a letter or a colon."""
    for at, character in enumerate(text):
        if character.isalpha() or character == ":":
            return _tag(text[at:])
    return ""


def service(text: str, fallback: str) -> str:
    """`text` as the name of a service; `fallback` when nothing of it is allowed."""
    return tag_value(cut(text, SERVICE_BYTES_MAX)) or fallback


def unnamed_service(language: str) -> str:
    """What a service without a name is called."""
    language = tag_value(language)
    return f"unnamed-{language}-service" if language else "unnamed-service"


def _tag(text: str) -> str:
    kept: list[str] = []
    for character in text:
        if len(kept) == TAG_CHARACTERS_MAX:
            break
        if character.isalpha():
            kept.append(_lower(character))
        elif character.isdecimal() or character in _TAG_PUNCTUATION:
            kept.append(character)
        elif not kept or kept[-1] != "_":
            kept.append("_")
    return "".join(kept).removesuffix("_")


def _lower(letter: str) -> str:
    """In lower case, unless that would take more bytes."""
    lower = letter.lower()
    return lower if len(lower.encode()) <= len(letter.encode()) else letter


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
