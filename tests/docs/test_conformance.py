"""The page that says which test holds for what names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "protocol" / "conformance.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:tests|examples)/[\w./]+|\w+\.(?:py|json|txt))`", PAGE)))


def test_every_test_that_the_page_names_is_there() -> None:
    here = {path.name for path in (ROOT / "tests").rglob("*") if path.is_file()}
    missing = [
        name for name in NAMED if not ((ROOT / name).exists() if "/" in name else name in here)
    ]
    assert len(NAMED) > 50
    assert missing == []


def test_every_row_says_something() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert all(
        "`" in why or "not here" in why or "behaviour" in what
        for what, why in rows
        if "---" not in what
    )
