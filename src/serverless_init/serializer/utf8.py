"""The only place where bytes of a client become text: what is not UTF-8 becomes U+FFFD.

The intake refuses a whole payload for one invalid string, so nothing else may pass.
"""


def text(raw: bytes) -> str:
    """`raw` as text, each invalid sequence replaced by U+FFFD. Never raises."""
    return raw.decode("utf-8", "replace")


def valid(raw: bytes) -> bytes:
    """`raw` as valid UTF-8, each invalid sequence replaced by U+FFFD."""
    return raw if raw.isascii() else text(raw).encode()
