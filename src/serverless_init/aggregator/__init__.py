"""Floor 3: owns the sampler's clock; what its buckets become is serialized and passed on."""

from serverless_init.aggregator.component import Aggregator

__all__ = ["Aggregator"]
