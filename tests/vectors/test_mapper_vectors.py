"""Mapper profiles against the table in mapper.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from serverless_init.sampler import mapper

TABLE = json.loads(Path(__file__).with_name("mapper.json").read_text())
CASES = [(case["profiles"], *name) for case in TABLE["cases"] for name in case["names"].items()]


@pytest.mark.parametrize(("profiles", "name", "expected"), CASES)
def test_a_name_is_mapped_as_in_the_agent(profiles: Any, name: str, expected: Any) -> None:
    profiles = mapper(profiles, cache_size=10)
    assert profiles.problems == []
    for _ in ("at first sight", "remembered"):
        mapped = profiles.map(name.encode())
        found = mapped and [mapped.name.decode(), [tag.decode() for tag in mapped.tags]]
        assert found == expected


@pytest.mark.parametrize(("profile", "problem"), TABLE["unusable"])
def test_a_profile_that_cannot_be_used_is_named_and_the_others_are_used(
    profile: Any, problem: str
) -> None:
    good = {"name": "g", "prefix": "*", "mappings": [{"match": "x.*", "name": "x", "tags": {}}]}
    profiles = mapper([profile, good], cache_size=10)
    assert profiles.problems == [problem]
    assert profiles.map(b"x.y").name == b"x"
