"""Names are matched by wildcards in a time that the name cannot blow up."""

import pytest

from serverless_init.sampler.wildcard import wildcard


@pytest.mark.parametrize(
    ("pattern", "name", "groups"),
    [
        ("a", "a", []),
        ("a", "ab", None),
        ("*", "", [""]),
        ("*", "a.b", None),
        ("a*", "a", [""]),
        ("*a", "aa", ["a"]),
        ("a*a", "a", None),
        ("a*a", "aa", [""]),
        ("*ab*", "abab", ["ab", ""]),
        ("*-*.*", "x-y-z.t", ["x-y", "z", "t"]),
        ("test.*_start", "test.my_job_start", ["my_job"]),
    ],
)
def test_a_name_gives_the_texts_of_the_wildcards(
    pattern: str, name: str, groups: list[str] | None
) -> None:
    found = wildcard(pattern)(name)
    assert (found and list(found.values())) == (None if groups is None else [name, *groups])


def test_a_long_name_that_nearly_matches_costs_nothing() -> None:
    """One datagram of underscores kept the process busy for good: the expression backtracked."""
    assert wildcard("*_*_*_*_*_*x")("_" * 8192) is None
