"""Experiments: what is run, under which load, and which bounds hold.

An experiment is a folder whose name is its name. ``experiment.yaml`` has the goal, the target, how
long it runs in each tier and the checks; ``load.yaml``, where there is a load, the seed, the rate
and the shape of what is sent; ``logs.yaml`` the files that are written beside it; ``otlp.yaml`` the
requests of OpenTelemetry that are sent in its place. Unknown keys are errors: a bound that is
misspelt judges nothing.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml

from serverless_init.errors import SettingError

T = TypeVar("T", "LogLoad", "OtlpLoad")

TIERS = ("smoke", "quick", "full")
GOALS = {"cpu": "lower", "memory": "lower", "latency": "lower", "ingress_throughput": "higher"}
KINDS = ("steady", "startup", "shutdown")

_RANGES = ("name_length", "tag_length", "tags", "values")
_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|)")


@dataclass(frozen=True, slots=True)
class Tier:
    """How often and how long an experiment runs; seconds after `warmup_s` are measured."""

    replicates: int
    warmup_s: float = 0.0
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Check:
    """`series` of every replicate must lie within the bounds; None is no bound."""

    name: str
    series: str
    description: str = ""
    upper: float | None = None
    lower: float | None = None
    unit: str = ""

    def holds(self, observed: float) -> bool:
        """Whether `observed` is within the bounds."""
        below = self.upper is None or observed <= self.upper
        return below and (self.lower is None or observed >= self.lower)


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: by `senders` processes' worth of connections, `bytes_per_second` in all.

    `transport` is ``uds``, ``uds_stream`` or ``udp``. The ranges are inclusive. `weights` are those
    of the DogStatsD types.
    """

    transport: str = "uds"
    seed: int = 2
    senders: int = 1
    bytes_per_second: float = 0.0
    packets_per_second: float = 0.0
    packet_bytes_max: int = 8192
    messages_per_packet: int = 0
    prebuild_bytes: int = 8 << 20
    contexts: int = 1000
    name_length: tuple[int, int] = (1, 200)
    tag_length: tuple[int, int] = (3, 150)
    tags: tuple[int, int] = (2, 50)
    values: tuple[int, int] = (2, 32)
    multi_value_share: float = 0.08
    rate_share: float = 0.5
    kinds: Mapping[str, int] = field(
        default_factory=lambda: {"metric": 90, "event": 5, "service_check": 5}
    )
    weights: Mapping[str, int] = field(default_factory=lambda: {"c": 87, "g": 8, "d": 5})


@dataclass(frozen=True, slots=True)
class LogLoad:
    """Files that are written and rotated: `bytes_per_second` each.

    A file has at most `rotate_bytes`, and `rotations` older ones of its name are kept. The intake
    answers logs after `response_delay_ms`.
    """

    files: int = 2
    bytes_per_second: float = 0.0
    rotate_bytes: int = 5 << 20
    rotations: int = 5
    response_delay_ms: int = 75
    seed: int = 2


@dataclass(frozen=True, slots=True)
class OtlpLoad:
    """Requests of one `signal`, over HTTP in protobuf: `bytes_per_second` over one connection.

    A request has `request_bytes` at least, and at most one resource more.
    """

    signal: str
    bytes_per_second: float = 0.0
    request_bytes: int = 64 << 10
    prebuild_bytes: int = 8 << 20
    seed: int = 2


@dataclass(frozen=True, slots=True)
class Experiment:
    """One folder's content."""

    name: str
    kind: str
    goal: str
    series: str
    environment: Mapping[str, str]
    tiers: Mapping[str, Tier]
    checks: tuple[Check, ...]
    load: Load | None = None
    logs: LogLoad | None = None
    otlp: OtlpLoad | None = None
    erratic: bool = False
    rounds: int = 1

    @property
    def lower_is_better(self) -> bool:
        """Which direction of the goal's series is an improvement."""
        return GOALS[self.goal] == "lower"


def load_experiments(folder: str, names: tuple[str, ...] = ()) -> list[Experiment]:
    """Those of `folder` with these names, or all, by name. Raises `SettingError`."""
    found = sorted(
        entry.name
        for entry in os.scandir(folder)
        if os.path.exists(os.path.join(entry.path, "experiment.yaml"))
    )
    unknown = set(names) - set(found)
    if unknown:
        raise SettingError("experiment", ", ".join(sorted(unknown)), f"is none of {found}")
    return [
        load_experiment(os.path.join(folder, name)) for name in found if name in names or not names
    ]


def load_experiment(folder: str) -> Experiment:
    """The experiment in `folder`. Raises `SettingError` for what cannot be one."""
    name = os.path.basename(os.path.normpath(folder))
    said = _read(os.path.join(folder, "experiment.yaml"))
    paths = [os.path.join(folder, f"{part}.yaml") for part in ("load", "logs", "otlp")]
    load_path, logs_path, otlp_path = paths
    load = _load(load_path) if os.path.exists(load_path) else None
    logs = _flat_load(LogLoad, logs_path) if os.path.exists(logs_path) else None
    otlp = _flat_load(OtlpLoad, otlp_path) if os.path.exists(otlp_path) else None
    goal, kind = str(said.pop("optimization_goal", "cpu")), str(said.pop("kind", "steady"))
    if goal not in GOALS or kind not in KINDS:
        raise SettingError(name, f"{goal}, {kind}", f"must be one of {[*GOALS]} and of {KINDS}")
    tiers = {tier: Tier(**values) for tier, values in said.pop("tiers").items()}
    if set(tiers) - set(TIERS):
        raise SettingError(name, ", ".join(tiers), f"must have tiers out of {TIERS}")
    experiment = Experiment(
        name=name,
        kind=kind,
        goal=goal,
        series=str(said.pop("series")),
        environment={k: str(v) for k, v in said.pop("environment", {}).items()},
        tiers=tiers,
        checks=tuple(_checks(said.pop("checks", []))),
        load=load,
        logs=logs,
        otlp=otlp,
        erratic=bool(said.pop("erratic", False)),
        rounds=int(said.pop("rounds", 1)),
    )
    if said:
        raise SettingError(name, ", ".join(said), "is no key of an experiment")
    return experiment


def load_of(said: Mapping[str, Any]) -> Load:
    """The load whose fields `said` has, ranges as lists. Raises ``TypeError`` for others."""
    ranges = {key: tuple(said[key]) for key in _RANGES if key in said}
    return Load(**{**said, **ranges})


def amount(written: object) -> tuple[float, str]:
    """A bound's number and its unit: ``147 MiB``, ``0.5``, ``3``. Raises ``ValueError``."""
    found = _AMOUNT.fullmatch(str(written).strip())
    if found is None:
        raise ValueError(f"{written!r} is no amount")
    unit = found[2]
    return float(found[1]) * _UNITS[unit], "B" if unit else ""


def _checks(entries: list[dict[str, object]]) -> Iterator[Check]:
    for entry in entries:
        bounds = entry["bounds"]
        assert isinstance(bounds, dict), "a check has bounds"
        limits = {side: bounds.get(f"{side}_bound") for side in ("upper", "lower")}
        numbers = {side: amount(limit) for side, limit in limits.items() if limit is not None}
        if not numbers or set(bounds) - {"series", "upper_bound", "lower_bound"}:
            raise SettingError(str(entry.get("name")), bounds, "has no usable bounds")
        yield Check(
            name=str(entry["name"]),
            series=str(bounds["series"]),
            description=str(entry.get("description", "")),
            upper=numbers["upper"][0] if "upper" in numbers else None,
            lower=numbers["lower"][0] if "lower" in numbers else None,
            unit=next(iter(numbers.values()))[1],
        )


def _load(path: str) -> Load:
    said = _read(path)
    for key in ("bytes_per_second", "prebuild_bytes", "packet_bytes_max"):
        if key in said:
            number = amount(said[key])[0]
            said[key] = number if key == "bytes_per_second" else int(number)
    try:
        return load_of(said)
    except TypeError as error:
        raise SettingError(path, ", ".join(said), f"cannot be a load: {error}") from None


def _flat_load(kind: type[T], path: str) -> T:
    said = _read(path)
    for key, value in said.items():
        if "bytes" in key:
            said[key] = int(amount(value)[0])
    try:
        return kind(**said)
    except TypeError as error:
        raise SettingError(path, ", ".join(said), f"cannot be a load: {error}") from None


def _read(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        content = yaml.safe_load(file)
    if not isinstance(content, dict):
        raise SettingError(path, content, "is no mapping")
    return content
