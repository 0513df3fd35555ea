"""Metrics: the points of a request to series and sketches, as the Agent maps them.

Points are aggregated already: each becomes a point with its own timestamp, in whole seconds, and
takes no part in windows. The first of the series that a point becomes carries its sample, the
others none (see `model.metrics.Serie`), so the unit of the account is the point.
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace

from serverless_init.model import Serie
from serverless_init.otlp.attributes import host_of, resource_tags, tags_of
from serverless_init.otlp.points import Identity, Out, Point, PointMapper
from serverless_init.otlp.runtime_names import runtime_names
from serverless_init.otlp.stats import OtlpStats
from serverless_init.otlp.values import (
    NO_RECORDED_VALUE,
    Attributes,
    Metric,
    MetricsRequest,
    NumberPoint,
    Resource,
    Scope,
)


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """The fields named like settings mean the same. `tags` and `host` are for what names none."""

    tags: tuple[str, ...] = ()
    host: str = ""
    resource_attributes_as_tags: bool = False
    scope_as_tags: bool = True


class MetricsMapper:
    """Maps requests, one after the other, and counts their points in `stats`."""

    def __init__(self, options: PlaceOptions, points: PointMapper, stats: OtlpStats) -> None:
        self._options = options
        self._points = points
        self._stats = stats

    def points(self, request: MetricsRequest, now: float) -> Generator[list[Out], None, None]:
        """What each point of `request` becomes, in order. `now` is in unix seconds."""
        for group in request.groups:
            for scoped in group.scopes:
                tags = tuple(self._tags(group.resource, scoped.scope))
                host = host_of(group.resource.attributes)
                place = Identity("", tags, self._options.host if host is None else host)
                for metric in scoped.items:
                    for point in metric.data.points if metric.data else ():
                        yield self._map(metric, point, place, now)

    def _map(self, metric: Metric, point: Point, place: Identity, now: float) -> list[Out]:
        assert metric.data is not None, "it has points"
        if _is_empty(point):
            self._stats.points_empty += 1
            return []
        self._stats.points_accepted += 1
        own = _identity(metric.name, point.attributes, place)
        outs = self._points.map(metric.data, point, own, now)
        if not isinstance(outs, list):
            self._stats.points_dropped[outs] += 1
            outs = []
        elif outs:
            outs[0] = _counted(outs[0])
        else:
            self._stats.points_accepted -= 1
            self._stats.points_empty += 1
        for name, attributes in runtime_names(metric.name, point.attributes):
            further = self._points.map(metric.data, point, _identity(name, attributes, place), now)
            outs += further if isinstance(further, list) else []
        return outs

    def _tags(self, resource: Resource, scope: Scope) -> Iterator[str]:
        """The tags of a resource, of a library, and of those configured what they do not say."""
        options = self._options
        known = list(resource_tags(resource.attributes))
        if options.resource_attributes_as_tags:
            known += tags_of(resource.attributes)
        yield from dict.fromkeys(known)
        if options.scope_as_tags:
            yield f"instrumentation_scope:{scope.name or 'n/a'}"
            yield f"instrumentation_scope_version:{scope.version or 'n/a'}"
            yield from tags_of(scope.attributes)
        yield from further_tags(known, options.tags)


def further_tags(known: Iterable[str], configured: Iterable[str]) -> Iterator[str]:
    """Those of the `configured` tags that do not contradict what is `known`."""
    keys = {tag.partition(":")[0] for tag in known}
    return (tag for tag in configured if tag.partition(":")[0] not in keys)


def _identity(name: str, attributes: Attributes, place: Identity) -> Identity:
    return Identity(name, (*tags_of(attributes), *place.tags), place.host)


def _counted(out: Out) -> Out:
    """`out` as what stands for its point in the account."""
    return out._replace(samples=1) if isinstance(out, Serie) else replace(out, samples=1)


def _is_empty(point: Point) -> bool:
    if isinstance(point, NumberPoint) and point.value is None:
        return True
    return bool(point.flags & NO_RECORDED_VALUE)
