"""Floor 2: the hot, pure heart. Packets go in, the series of finished buckets come out."""

from serverless_init.sampler.context_key import context_key
from serverless_init.sampler.crowding import Crowding
from serverless_init.sampler.enrichment import EnrichmentRules, Stripped, mapper, strip_special
from serverless_init.sampler.name_filter import NameFilter
from serverless_init.sampler.numbers import parse_float, parse_int
from serverless_init.sampler.origin import OriginOptions, OriginTags, Sender
from serverless_init.sampler.parse import Malformed, parse_metric, split_tags
from serverless_init.sampler.sketch import quantile
from serverless_init.sampler.statistics import Statistics
from serverless_init.sampler.stats import SamplerStats
from serverless_init.sampler.tag_filter import TagFilter
from serverless_init.sampler.time_sampler import Flushed, SamplerOptions, TimeSampler

__all__ = [
    "Crowding",
    "EnrichmentRules",
    "Flushed",
    "Malformed",
    "NameFilter",
    "OriginOptions",
    "OriginTags",
    "SamplerOptions",
    "SamplerStats",
    "Sender",
    "Statistics",
    "Stripped",
    "TagFilter",
    "TimeSampler",
    "context_key",
    "mapper",
    "parse_float",
    "parse_int",
    "parse_metric",
    "quantile",
    "split_tags",
    "strip_special",
]
