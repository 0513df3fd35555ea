"""IP addresses in peer tags are masked: as keys of statistics they would be endless and personal.

A value may be a list, and an item a URL, ``ip-10-0-0-1`` or a host with a port. What begins with an
address keeps the rest. Addresses that are the same everywhere stay.
"""

import re

MASK = "blocked-ip-address"

_KEPT = frozenset(("127.0.0.1", "::1", "169.254.169.254", "fd00:ec2::254", "169.254.170.2"))
_PREFIX = re.compile(r"ip-|(?:dnspoll|ftp|file|https?):///?")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# The same separator between all four, and no fifth digit.
_IPV4 = re.compile(rf"{_OCTET}([._-]){_OCTET}\1{_OCTET}\1{_OCTET}(?!\d)", re.ASCII)
_IPV6 = re.compile(r"[0-9A-Fa-f:.]+(?:%[\w.-]+)?", re.ASCII)
_GROUP = re.compile(r"[0-9A-Fa-f]{1,4}")
_BRACKETED = re.compile(r"\[([^\]]*)\](.*)", re.DOTALL)


def mask(value: str) -> str:
    """`value` with the addresses in it masked, each item of a list once."""
    if "," not in value:
        return _mask_item(value)
    return ",".join(dict.fromkeys(map(_mask_item, value.split(","))))


def _mask_item(item: str) -> str:
    found = _PREFIX.match(item)
    prefix, rest = (found[0], item[found.end() :]) if found else ("", item)
    bracketed = _BRACKETED.fullmatch(rest)
    if bracketed:
        address, after = bracketed[1], bracketed[2]
        is_masked = address not in _KEPT and _is_ipv6(address)
        return prefix + MASK + after if is_masked else item
    if rest in _KEPT:
        return item
    if _is_ipv6(rest):
        return prefix + MASK
    ipv4 = _IPV4.match(rest)
    if ipv4 and ipv4[0] not in _KEPT:
        return prefix + MASK + rest[ipv4.end() :]
    return item


def _is_ipv6(text: str) -> bool:
    """Eight groups, or fewer around one ``::``; the last two may be an IPv4 address."""
    if text.count(":") < 2 or not _IPV6.fullmatch(text):
        return False
    address = text.partition("%")[0]
    before, gap, after = address.partition("::")
    groups = [group for half in (before, after) for group in half.split(":") if half]
    length = len(groups)
    if groups and _IPV4.fullmatch(groups[-1]):
        groups.pop()
        length += 1
    if not all(map(_GROUP.fullmatch, groups)):
        return False
    return length < 8 if gap else length == 8
