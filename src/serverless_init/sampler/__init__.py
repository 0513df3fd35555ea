"""Floor 2: the hot, pure heart. Packets go in, the series of finished buckets come out."""

from serverless_init.sampler.context_key import context_key
from serverless_init.sampler.crowding import Crowding
from serverless_init.sampler.enrichment import Stripped, strip_special
from serverless_init.sampler.name_filter import NameFilter
from serverless_init.sampler.numbers import parse_float, parse_int
from serverless_init.sampler.parse import Malformed, parse_metric, split_tags
from serverless_init.sampler.rules import EnrichmentRules, mapper, origin_tags, tag_filter
from serverless_init.sampler.sender import Sender
from serverless_init.sampler.sketch import Store, key_of, quantile, value_of
from serverless_init.sampler.statistics import Statistics
from serverless_init.sampler.stats import SamplerStats
from serverless_init.sampler.time_sampler import Flushed, SamplerOptions
from serverless_init.sampler.twin import COMPILED, TimeSampler

__all__ = [
    "COMPILED",
    "Crowding",
    "EnrichmentRules",
    "Flushed",
    "Malformed",
    "NameFilter",
    "SamplerOptions",
    "SamplerStats",
    "Sender",
    "Statistics",
    "Store",
    "Stripped",
    "TimeSampler",
    "context_key",
    "key_of",
    "mapper",
    "origin_tags",
    "parse_float",
    "parse_int",
    "parse_metric",
    "quantile",
    "split_tags",
    "strip_special",
    "tag_filter",
    "value_of",
]
