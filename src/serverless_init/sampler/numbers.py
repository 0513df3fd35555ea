"""Numbers as DogStatsD clients write them: the syntax of Go's number parsers, on bytes.

Python's own parsers take more and less than Go's: they strip white space, accept ``-nan``, refuse
hexadecimal floats and round ``1e400`` to infinity.
"""

import math
from sys import float_info

_SPACE = 0x20
_FLOAT_MAX = float_info.max
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
_INT64_DIGITS_MAX = 19
_INT64_MAX = 2**63 - 1
_INT64_MIN = -(2**63)


def parse_float(text: bytes) -> float | None:
    """The float64 that `text` spells, or None. May be infinite or NaN when spelled so."""
    try:
        number = float(text)
    except ValueError:
        return _parse_hexadecimal(text)
    # Python strips white space; no character of a number is as low as a space.
    if text[0] <= _SPACE or text[-1] <= _SPACE:
        return None
    if -_FLOAT_MAX <= number <= _FLOAT_MAX:
        return number
    if math.isnan(number):
        return number if text.lower() == b"nan" else None
    # Infinity is a number when it is spelled, and an overflow when it is made of digits.
    return number if b"n" in text.lower() else None


def parse_int(text: bytes) -> int | None:
    """The signed 64-bit integer that `text` spells in base 10, or None."""
    digits = text[1:] if text[:1] in (b"+", b"-") else text
    if not digits.isdigit():
        return None
    # Python refuses to convert very long digit strings, also when they are mostly zeros.
    significant = digits.lstrip(b"0")
    if len(significant) > _INT64_DIGITS_MAX:
        return None
    number = int(significant or b"0")
    if text[:1] == b"-":
        number = -number
    return number if _INT64_MIN <= number <= _INT64_MAX else None


def _parse_hexadecimal(text: bytes) -> float | None:
    """As `parse_float`, for ``[sign]0x<mantissa>p<exponent>``; the exponent is mandatory."""
    unsigned = text[1:] if text[:1] in (b"+", b"-") else text
    if unsigned[:2].lower() != b"0x" or b"p" not in unsigned.lower() or text[-1] <= _SPACE:
        return None
    if not _has_well_placed_underscores(unsigned[2:]):
        return None
    try:
        return float.fromhex(text.replace(b"_", b"").decode("ascii"))
    except (ValueError, OverflowError):
        return None


def _has_well_placed_underscores(text: bytes) -> bool:
    """Whether each underscore stands between digits; the prefix ``0x`` counts as one."""
    before = ord("0")
    for here in text + b"$":
        if before == ord("_") and here not in _HEX_DIGITS:
            return False
        if here == ord("_") and before not in _HEX_DIGITS:
            return False
        before = here
    return True
