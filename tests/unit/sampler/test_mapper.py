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
