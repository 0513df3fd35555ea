"""The short way to JSON writes what the library writes."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serverless_init.serializer.json_text import json_string, json_strings, json_text
from serverless_init.serializer.utf8 import text

RAW = st.one_of(st.binary(max_size=12), st.text(max_size=12).map(str.encode))


@given(RAW)
@example(b'"')
@example(b"\\")
@example(b"\x00")
@example(b"\x1f")
@example(b"\x7f")
def test_a_string_is_written_as_the_library_writes_it(raw: bytes) -> None:
    """For all bytes, also what is not UTF-8."""
    assert json_string(raw) == json_text(text(raw))


@given(st.lists(RAW, max_size=5))
def test_strings_are_written_as_the_library_writes_them(raws: list[bytes]) -> None:
    """For all lists of bytes, also the empty one."""
    assert json_strings(raws) == json_text([text(raw) for raw in raws])


@pytest.mark.parametrize("raws", [[b""], [b"", b""], [b"a,b", b"c"]])
def test_strings_that_join_badly_stay_apart(raws: list[bytes]) -> None:
    assert json.loads(json_strings(raws)) == [raw.decode() for raw in raws]
