"""The priority sampler: never overrules a tracer, but tells it by its rates how much to keep.

A tracer decides when a trace begins, with the rate that we answered for its service and env. So
priorities 0 and 1, which it decided by rate, are counted here; what a user or a rule decided (-1,
2) is not. A rate that is new reaches the tracer with the next answer.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from serverless_init.model import Span
from serverless_init.traces.samplers.rates import RateEngine
from serverless_init.traces.tags import SAMPLE_RATE, SAMPLE_RATE_OF_RECEIVER

RATE = "_sampling_priority_rate_v1"
SERVICES_MAX = 5000

_RATES_OF_TRACER = ("_dd.agent_psr", "_dd.rule_psr", RATE)
_Service = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by ``service:<service>,env:<env>``, the default under two empty names; a version."""

    by_service: Mapping[str, float]
    version: str


class PrioritySampler:
    """Counts what tracers decided by rate, and computes the rates to answer."""

    def __init__(self, target_tps: float, agent_env: str) -> None:
        self._engine: RateEngine[_Service] = RateEngine(target_tps)
        self._agent_env = agent_env
        self._catalogue: OrderedDict[_Service, None] = OrderedDict()
        self._version = 0
        self.rates = Rates({}, "")

    def keeps(
        self, root: Span, env: str, priority: int, now: float, client_dropped: float = 0.0
    ) -> bool:
        """Whether the chunk of `root` is kept: what its tracer decided.

        `client_dropped` is how many traces the tracer dropped itself for each that it sent.
        """
        if priority not in (0, 1):
            return priority > 0
        service = root.service, env or self._agent_env
        self._remember(service)
        if self._engine.count(service, now, weight_of(root) + client_dropped):
            self._publish(now)
        if priority and not root.parent_id and root.metrics.keys().isdisjoint(_RATES_OF_TRACER):
            root.metrics[RATE] = self._engine.rate(service)
        return priority > 0

    def _remember(self, service: _Service) -> None:
        """The services seen last; the one not seen for longest goes when there are too many."""
        self._catalogue[service] = None
        self._catalogue.move_to_end(service)
        if len(self._catalogue) > SERVICES_MAX:
            forgotten, _ = self._catalogue.popitem(last=False)
            self._engine.forget(forgotten)

    def _publish(self, now: float) -> None:
        """Make the engine's rates those that are answered; a new version if they differ."""
        by_service = {}
        for (service, env), rate in self._engine.rates.items():
            rate = min(1.0, max(0.0, rate))
            by_service[f"service:{service},env:{env}"] = rate
            if env == self._agent_env:
                by_service[f"service:{service},env:"] = rate
        by_service["service:,env:"] = self._engine.default_rate()
        if by_service != self.rates.by_service:
            self._version += 1
            self.rates = Rates(by_service, f"{int(now):x}-{self._version:x}")


def weight_of(root: Span) -> float:
    """How many traces the one with `root` stands for, by the rates at which it was sampled."""
    metrics = root.metrics
    weight = 1.0
    for key in (SAMPLE_RATE, SAMPLE_RATE_OF_RECEIVER):
        rate = metrics.get(key)
        if rate is not None and 0 < rate <= 1:
            weight /= rate
    return weight
