"""What a name becomes at the edges of mapper profiles."""

import subprocess
import sys

from serverless_init.sampler import mapper

PROFILES = [
    {
        "name": "p",
        "prefix": "*",
        "mappings": [{"match": "a.*", "name": "a", "tags": {"x": "$1"}}],
    }
]


def test_bytes_that_are_no_utf8_survive_mapping() -> None:
    mapped = mapper(PROFILES, cache_size=10).map(b"a.\xff\xfe")
    assert (mapped.name, mapped.tags) == (b"a", (b"x:\xff\xfe",))


def test_without_a_cache_names_are_mapped_all_the_same() -> None:
    mapped = mapper(PROFILES, cache_size=0).map(b"a.b")
    assert (mapped.name, mapped.tags) == (b"a", (b"x:b",))


def test_a_template_that_comes_to_nothing_leaves_the_name() -> None:
    profile = {"name": "p", "prefix": "*", "mappings": [{"match": "a.*", "name": "$2"}]}
    assert mapper([profile], cache_size=10).map(b"a.b") is None


def test_what_is_no_ascii_digit_is_no_digit() -> None:
    match = {"match": r"a\.\d", "match_type": "regex", "name": "digit"}
    profiles = mapper([{"name": "p", "prefix": "*", "mappings": [match]}], cache_size=10)
    assert profiles.map(b"a.5").name == b"digit"
    assert profiles.map("a.\N{ARABIC-INDIC DIGIT FIVE}".encode()) is None


def regex(match: str, name: str = "m", **tags: str) -> list[object]:
    mapping = {"match": match, "match_type": "regex", "name": name, "tags": tags}
    return [{"name": "p", "prefix": "*", "mappings": [mapping]}]


def test_to_a_regular_expression_what_is_no_utf8_is_a_replacement_character() -> None:
    mapped = mapper(regex(r"a\.(.*)", x="$1"), cache_size=10).map(b"a.\xff\xc3\xa9")
    assert mapped.tags == (
        "x:\N{REPLACEMENT CHARACTER}\N{LATIN SMALL LETTER E WITH ACUTE}".encode(),
    )


def test_no_name_keeps_a_regular_expression_busy() -> None:
    """With Python's own, one datagram kept the process busy for good, and a job never ended."""
    profiles = mapper(regex(r"(\w+_)+(\w*_)*x"), cache_size=10)
    assert profiles.problems == []
    assert profiles.map(b"_" * 8192) is None


WITHOUT_RE2 = """
import sys
sys.modules["re2"] = None
from serverless_init.sampler import mapper
mapping = {"match": "a.*", "match_type": sys.argv[1], "name": "m"}
profiles = mapper([{"name": "p", "prefix": "*", "mappings": [mapping]}], cache_size=10)
print(*profiles.problems, sep="\\n")
"""


def test_without_its_library_a_profile_with_a_regular_expression_is_left_out() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", WITHOUT_RE2, match_type],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()
        for match_type in ("regex", "wildcard")
    ]
    assert told == [
        "mapper profile 'p' is left out: match_type regex needs the package google-re2: "
        "install serverless-init[rules]",
        "",
    ]
