import pytest

from serverless_init.serializer.utf8 import text, valid


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ""),
        (b"plain", "plain"),
        ("città 漢 😀".encode(), "città 漢 😀"),
        (b"a\xffb", "a�b"),
        (b"a\xe2\x82", "a�"),
        (b"\xc0\xaf", "��"),
        (b"\xed\xa0\x80", "���"),
        (b"nul\x00", "nul\x00"),
    ],
)
def test_what_is_not_utf8_is_replaced(raw: bytes, expected: str) -> None:
    assert text(raw) == expected
    assert valid(raw) == expected.encode()
