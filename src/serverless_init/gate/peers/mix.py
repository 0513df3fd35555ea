"""What each program makes of the same lines: a known mix is sent, what comes out is compared."""

from collections.abc import Mapping
from dataclasses import dataclass

NOTHING, SOMETHING, AS_COUNTER = "-", "yes", "as a counter"
_SAMPLE = 7


@dataclass(frozen=True, slots=True)
class Feature:
    """Lines of the mix about one metric. Of a `value` the number that comes out is told."""

    title: str
    name: str
    lines: tuple[str, ...]
    value: bool = False


FEATURES = (
    Feature("counter of 4", "mix.count", ("mix.count:4|c",), value=True),
    Feature("counter of 1 at a sample rate of 0.5", "mix.rate", ("mix.rate:1|c|@0.5",), value=True),
    Feature("counter with the values 1, 2, 3", "mix.packed", ("mix.packed:1:2:3|c",), value=True),
    Feature("counter of 4 with a tag", "mix.tagged", ("mix.tagged:4|c|#a:b",), value=True),
    Feature("gauge of 3", "mix.gauge", ("mix.gauge:3|g",), value=True),
    Feature(
        "gauge of 10, then `+2`", "mix.delta", ("mix.delta:10|g", "mix.delta:+2|g"), value=True
    ),
    Feature("gauge with a timestamp", "mix.dated", ("mix.dated:3|g|T{now}",), value=True),
    Feature("timer", "mix.timer", ("mix.timer:7|ms",)),
    Feature("histogram", "mix.histogram", ("mix.histogram:7|h",)),
    Feature("distribution", "mix.distribution", ("mix.distribution:7|d",)),
    Feature("set", "mix.set", ("mix.set:u|s",)),
    Feature("event", "events", ("_e{5,4}:event|text",)),
    Feature("service check", "checks", ("_sc|mix.check|0",)),
)


def lines_at(now: int) -> list[bytes]:
    """The mix, a packet each, so that one that is refused takes no other along."""
    return [line.replace("{now}", str(now)).encode() for f in FEATURES for line in f.lines]


def outcome(delivered: Mapping[str, float]) -> dict[str, str]:
    """By feature's title: a number, that something came out, or that nothing did."""
    return {feature.title: _told(feature, delivered) for feature in FEATURES}


def _told(feature: Feature, delivered: Mapping[str, float]) -> str:
    found = [value for name, value in delivered.items() if name.startswith(feature.name) and value]
    if not found:
        return NOTHING
    if feature.value:
        return f"{found[0]:g}"
    # Under the very name stands how many samples there were; their sum is what a counter gives.
    return AS_COUNTER if delivered.get(feature.name) == _SAMPLE else SOMETHING
