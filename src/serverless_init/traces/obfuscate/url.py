"""URLs without user and password; without their query and their numbers where that is asked for."""

import re
from urllib.parse import quote, unquote

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[^\s\"<>\\^`{|}%]*")
# What stands in a path as it is; everything else is percent-encoded.
_SAFE_IN_PATH = "/%$&+,:;=@!~*'()[]-._"
# Most URLs: nothing in them is hidden or written otherwise.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9/._~-]*)?(?:\?[!-$&-~]*)?")
_DIGIT = re.compile(r"[0-9]")


def obfuscate(url: str, *, removes_query: bool = False, removes_digits: bool = False) -> str:
    """`url` without what is not wanted. What is no URL stays when nothing more is asked for."""
    if not removes_query and not removes_digits and _PLAIN.fullmatch(url):
        return url
    found = _split(url)
    if found is None:
        return "?" if removes_query or removes_digits else url
    start, path, query, fragment = found
    if removes_digits:
        parts = path.split("/")
        path = "/".join("?" if _DIGIT.search(unquote(part)) else _quoted(part) for part in parts)
    else:
        path = _quoted(path)
    if removes_query and query:
        query = "?"
    return f"{start}{path}{query}{fragment}"


def _split(url: str) -> tuple[str, str, str, str] | None:
    """Scheme and host without user, path, query with its ``?``, fragment with its ``#``."""
    if _CONTROL.search(url):
        return None
    rest, hash_mark, fragment = url.partition("#")
    rest, question_mark, query = rest.partition("?")
    scheme, colon, after = rest.partition(":")
    if colon and "/" not in scheme:
        if not _SCHEME.fullmatch(scheme):
            return None
        scheme, rest = f"{scheme.lower()}:", after
    else:
        scheme = ""
    start = ""
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        host = authority.rpartition("@")[2]
        if not _is_host(host):
            return None
        start, rest = f"//{host}", slash + path
    if _BAD_ESCAPE.search(rest) or _BAD_ESCAPE.search(fragment):
        return None
    return scheme + start, rest, question_mark + query, hash_mark + fragment


def _quoted(path: str) -> str:
    return quote(path, safe=_SAFE_IN_PATH)


def _is_host(host: str) -> bool:
    if not _HOST.fullmatch(host):
        return False
    _, bracket, after = host.rpartition("]")
    name, colon, port = (after if bracket else host).rpartition(":")
    if bracket and name:
        return False
    return not colon or (not port or (port.isascii() and port.isdecimal()))
