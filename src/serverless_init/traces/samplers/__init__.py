"""Who decides which traces are kept. Each takes a chunk and `now`, and remembers what it saw."""

from serverless_init.traces.samplers.events import EventExtractor
from serverless_init.traces.samplers.priority import PrioritySampler, Rates
from serverless_init.traces.samplers.probabilistic import ProbabilisticSampler
from serverless_init.traces.samplers.rare import RareSampler
from serverless_init.traces.samplers.score import ScoreSampler

__all__ = [
    "EventExtractor",
    "PrioritySampler",
    "ProbabilisticSampler",
    "RareSampler",
    "Rates",
    "ScoreSampler",
]
