"""The context key, and which tag lists are the same set (spec/dogstatsd.md section 7)."""

import json
from pathlib import Path

import pytest

from serverless_init.model import normalize
from serverless_init.sampler.context_key import context_key, murmur3_128, tag_set_hash

TABLE = json.loads(Path(__file__).with_name("context_keys.json").read_text("utf-8"))


@pytest.mark.parametrize(("name", "host", "tags", "key", "tags_hash"), TABLE["contexts"])
def test_a_context_of_the_table_has_its_key(name, host, tags, key, tags_hash):
    encoded = [tag.encode() for tag in tags]
    assert context_key(name.encode(), host.encode(), encoded) == int(key, 16)
    assert tag_set_hash(encoded) == int(tags_hash, 16)


@pytest.mark.parametrize(("tag", "tag_hash"), TABLE["tags"])
def test_a_tag_of_the_table_has_its_hash(tag, tag_hash):
    assert murmur3_128(tag.encode())[0] == int(tag_hash, 16)


@pytest.mark.parametrize(
    ("tags", "distinct"),
    [
        ("foo,foo,bar,ook", "bar,foo,ook"),
        ("foo,bar,foo,ook", "bar,foo,ook"),
        ("foo,ook,foo,eek", "eek,foo,ook"),
        ("foo,bar,bar,bar,bar,bar,foo", "bar,foo"),
    ],
)
def test_repeated_tags_count_once(tags, distinct):
    assert normalize(tags.encode().split(b",")) == tuple(distinct.encode().split(b","))
