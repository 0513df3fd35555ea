"""How points map, with the values that the Agent's mapping gave for them."""

from collections.abc import Iterator

import pytest

from serverless_init.model import Serie, SerieKind, SketchSerie
from serverless_init.otlp import OtlpStats
from serverless_init.otlp import values as v
from serverless_init.otlp.deltas import Deltas
from serverless_init.otlp.points import PointMapper, PointOptions
from serverless_init.otlp.to_metrics import MetricsMapper, PlaceOptions

NS = 1_000_000_000
T = 1_700_000_000
BEGAN = T - 1000
USUAL = ("service:svc", "instrumentation_scope:lib", "instrumentation_scope_version:1")


class Mapper:
    """A mapper with the state of its series; `map` gives what one metric becomes."""

    def __init__(
        self, place: PlaceOptions | None = None, *, first: str = "auto", **options: object
    ) -> None:
        self.stats = OtlpStats()
        deltas = Deltas(first=first, began_ns=BEGAN * NS, ttl_s=3600, series_max=1000)
        points = PointMapper(PointOptions(**options), deltas)  # type: ignore[arg-type]
        self._mapper = MetricsMapper(place or PlaceOptions(), points, self.stats)

    def map(
        self,
        data: object,
        *,
        name: str = "m",
        resource: v.Attributes | None = None,
        scope: v.Scope | None = None,
    ) -> list[str]:
        group: v.ResourceGroup[v.Metric] = v.ResourceGroup(
            v.Resource({"service.name": "svc"} if resource is None else resource),
            [v.ScopeGroup(scope or v.Scope("lib", "1"), [v.Metric(name, data=data)])],  # type: ignore[arg-type]
        )
        outs = list(self._mapper.points(v.MetricsRequest([group]), T))
        return [line for point in outs for out in point for line in told(out)]


def told(out: Serie | SketchSerie) -> Iterator[str]:
    tags = [tag.decode() for tag in out.tags]
    if set(USUAL) <= set(tags):
        tags = [*(tag for tag in tags if tag not in USUAL), "…"]
    host = f" host={out.host.decode()}" if out.host else ""
    for point in out.points:
        if isinstance(out, Serie):
            at, value = point  # type: ignore[misc]
            kind = SerieKind(out.kind).name.lower()
            assert out.interval_s == 0
            said = f"{kind} {out.name.decode()}={value:g}"
        else:
            at = point.timestamp  # type: ignore[union-attr]
            said = (
                f"sketch {out.name.decode()} cnt={point.count} min={point.minimum:.10g}"  # type: ignore[union-attr]
                f" max={point.maximum:.10g} sum={point.total:g} avg={point.average:.10g}"  # type: ignore[union-attr]
                f" k={list(point.keys)} n={list(point.counts)}"  # type: ignore[union-attr]
            )
        yield f"{said} [{' '.join(tags)}] T{at - T:+d}{host}"


def number(value: float | None, at: int = 0, start: int | None = None, **attributes: object):
    start_ns = 0 if start is None else (T + start) * NS
    return v.NumberPoint(dict(attributes), start_ns, (T + at) * NS, value)  # type: ignore[arg-type]


def cumulative(value: float, at: int = 0, start: int | None = -100_000) -> v.Sum:
    return v.Sum([number(value, at, start)], v.CUMULATIVE, is_monotonic=True)


def test_a_gauge_is_a_gauge() -> None:
    assert Mapper().map(v.Gauge([number(1.5, k="v", e="")])) == ["gauge m=1.5 [k:v e:n/a …] T+0"]


def test_attributes_of_any_type_are_tags() -> None:
    point = number(2, b=True, i=3, arr=["x", "y"])
    assert Mapper().map(v.Gauge([point])) == ['gauge m=2 [b:true i:3 arr:["x","y"] …] T+0']


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_dropped(value: float) -> None:
    mapper = Mapper()
    assert mapper.map(v.Gauge([number(value)])) == []
    assert mapper.stats.points_dropped == {"non_finite": 1}


def test_a_point_that_says_it_has_no_value_is_none() -> None:
    mapper, flagged = Mapper(), number(1)
    flagged.flags = v.NO_RECORDED_VALUE
    assert mapper.map(v.Gauge([flagged, number(None)])) == []
    assert (mapper.stats.points_accepted, mapper.stats.points_empty) == (0, 2)


@pytest.mark.parametrize("is_monotonic", [True, False])
def test_a_delta_sum_is_a_count(is_monotonic: bool) -> None:
    data = v.Sum([number(5)], v.DELTA, is_monotonic=is_monotonic)
    assert Mapper().map(data) == ["count m=5 […] T+0"]


def test_a_cumulative_sum_that_may_shrink_is_a_gauge() -> None:
    assert Mapper().map(v.Sum([number(5)], v.CUMULATIVE)) == ["gauge m=5 […] T+0"]


def test_a_cumulative_sum_gives_its_differences() -> None:
    mapper = Mapper()
    assert mapper.map(cumulative(10)) == []
    assert mapper.map(cumulative(17, 10)) == ["count m=7 […] T+10"]
    assert mapper.map(cumulative(20, 10)) == []
    assert mapper.map(cumulative(21, 5)) == []
    assert mapper.map(cumulative(3, 20)) == []
    assert mapper.map(cumulative(8, 30)) == ["count m=5 […] T+30"]
    assert mapper.map(cumulative(4, 40, start=35)) == ["count m=4 […] T+40"]
    assert mapper.stats.points_accepted == 7
    assert mapper.stats.points_dropped == {"baseline": 2, "out_of_order": 2}


def test_the_first_point_of_a_program_that_began_after_us_counts_in_full() -> None:
    assert Mapper().map(cumulative(10, 10, start=5)) == ["count m=10 […] T+10"]
    assert Mapper().map(cumulative(10, 10, start=10)) == []
    assert Mapper(first="keep").map(cumulative(10, 10)) == ["count m=10 […] T+10"]
    assert Mapper(first="drop").map(cumulative(10, 10, start=5)) == []


def test_a_cumulative_sum_may_be_asked_for_as_it_is() -> None:
    assert Mapper(raw_cumulative=True).map(cumulative(10, 10)) == ["gauge m=10 […] T+10"]


def histogram(
    counts: list[int],
    *,
    total: float = 50,
    temporality: int = v.DELTA,
    at: int = 0,
    bounds: tuple[float, ...] = (10, 20),
    **extremes: float,
) -> v.Histogram:
    point = v.HistogramPoint(
        time_ns=(T + at) * NS,
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        bounds=list(bounds),
        **extremes,
    )
    return v.Histogram([point], temporality)


def test_a_histogram_is_a_distribution() -> None:
    assert Mapper().map(histogram([1, 2, 3])) == [
        "sketch m cnt=6 min=10.07567188 max=19.93163168 sum=50 avg=8.333333333"
        " k=[1487, 1513, 1531] n=[2, 1, 3] […] T+0"
    ]


def test_extremes_that_are_known_are_the_distributions() -> None:
    assert Mapper().map(histogram([1, 2, 3], total=80, minimum=1, maximum=33)) == [
        "sketch m cnt=6 min=1 max=33 sum=80 avg=13.33333333"
        " k=[1487, 1513, 1531] n=[2, 1, 3] […] T+0"
    ]


def test_a_histogram_may_be_counters_by_bucket() -> None:
    mapper = Mapper(histogram_mode="counters", aggregations=True)
    assert mapper.map(histogram([1, 2, 3], minimum=1, maximum=33)) == [
        "count m.count=6 […] T+0",
        "count m.sum=50 […] T+0",
        "gauge m.min=1 […] T+0",
        "gauge m.max=33 […] T+0",
        "count m.bucket=1 [lower_bound:-inf upper_bound:10.0 …] T+0",
        "count m.bucket=2 [lower_bound:10.0 upper_bound:20.0 …] T+0",
        "count m.bucket=3 [lower_bound:20.0 upper_bound:inf …] T+0",
    ]


def test_a_histogram_may_be_its_aggregations_only() -> None:
    mapper = Mapper(histogram_mode="nobuckets", aggregations=True)
    assert mapper.map(histogram([1, 2, 3])) == ["count m.count=6 […] T+0", "count m.sum=50 […] T+0"]


def test_a_cumulative_histogram_gives_its_differences() -> None:
    mapper = Mapper(aggregations=True)
    assert mapper.map(histogram([1, 2, 3], temporality=v.CUMULATIVE)) == []
    later = histogram([2, 4, 3], total=70, temporality=v.CUMULATIVE, at=10)
    assert mapper.map(later) == [
        "count m.count=3 […] T+10",
        "count m.sum=20 […] T+10",
        "sketch m cnt=3 min=10.07567188 max=20 sum=20 avg=6.666666667"
        " k=[1487, 1513] n=[2, 1] […] T+10",
    ]


def test_an_extreme_of_a_cumulative_histogram_counts_when_it_has_moved() -> None:
    mapper = Mapper(aggregations=True, histogram_mode="nobuckets")
    first = histogram([2], bounds=(), temporality=v.CUMULATIVE, minimum=1, maximum=9)
    later = histogram(
        [3], bounds=(), temporality=v.CUMULATIVE, total=58, at=10, minimum=1, maximum=12
    )
    assert mapper.map(first) == []
    assert mapper.map(later) == [
        "count m.count=1 […] T+10",
        "count m.sum=8 […] T+10",
        "gauge m.max=12 […] T+10",
    ]


def test_a_histogram_without_bounds_has_its_average() -> None:
    mapped = Mapper(aggregations=True).map(histogram([4], total=8, bounds=()))
    assert mapped[:2] == ["count m.count=4 […] T+0", "count m.sum=8 […] T+0"]
    assert mapped[2].endswith("sum=8 avg=2 k=[1383] n=[4] […] T+0")


def test_an_empty_histogram_is_nothing() -> None:
    mapper = Mapper(aggregations=True)
    assert mapper.map(histogram([0, 0, 0], total=0)) == []
    assert (mapper.stats.points_accepted, mapper.stats.points_empty) == (0, 1)


def test_buckets_that_do_not_fit_their_bounds_are_dropped() -> None:
    mapper = Mapper()
    assert mapper.map(histogram([1, 2], bounds=(10, 20))) == []
    assert mapper.map(histogram([1, 2, 3], bounds=(20, 10))) == []
    assert mapper.stats.points_dropped == {"point_malformed": 2}


def exponential(temporality: int = v.DELTA, scale: int = 0) -> v.ExponentialHistogram:
    point = v.ExponentialPoint(
        time_ns=T * NS,
        count=7,
        sum=12,
        scale=scale,
        zero_count=2,
        positive=v.ExponentialBuckets(0, [1, 2, 1]),
        negative=v.ExponentialBuckets(0, [1]),
    )
    return v.ExponentialHistogram([point], temporality)


def test_an_exponential_histogram_is_a_distribution() -> None:
    assert Mapper(aggregations=True).map(exponential()) == [
        "count m.count=7 […] T+0",
        "count m.sum=12 […] T+0",
        "sketch m cnt=7 min=-2.009042714 max=7.984729848 sum=12"
        " avg=1.714285714 k=[-1364, 0, 1364, 1397, 1419, 1454] n=[1, 2, 1, 1, 1, 1] […] T+0",
    ]


@pytest.mark.parametrize("scale", [-2000, -11, -10, 20, 2000, 2**31 - 1, -(2**31)])
def test_an_exponential_histogram_of_any_scale_keeps_its_count(scale: int) -> None:
    (line,) = Mapper().map(exponential(scale=scale))
    assert "cnt=7" in line
    assert sum(map(int, line.partition(" n=[")[2].partition("]")[0].split(","))) == 7


def test_a_cumulative_exponential_histogram_is_dropped() -> None:
    mapper = Mapper()
    assert mapper.map(exponential(v.CUMULATIVE)) == []
    assert mapper.stats.points_dropped == {"cumulative_exponential": 1}


def summary(count: int, total: float, at: int = 0) -> v.Summary:
    quantiles = [v.Quantile(0, 1), v.Quantile(0.5, 2), v.Quantile(0.99, 9.5), v.Quantile(1, 10)]
    return v.Summary([v.SummaryPoint({}, 0, (T + at) * NS, count, total, quantiles)])


def test_a_summary_is_two_counts_and_its_quantiles() -> None:
    mapper = Mapper()
    quantiles = [
        "gauge m.quantile=1 [quantile:0 …] T",
        "gauge m.quantile=2 [quantile:0.5 …] T",
        "gauge m.quantile=9.5 [quantile:0.99 …] T",
        "gauge m.quantile=10 [quantile:1.0 …] T",
    ]
    assert mapper.map(summary(10, 100)) == [f"{line}+0" for line in quantiles]
    assert mapper.map(summary(15, 130, 10)) == [
        "count m.count=5 […] T+10",
        "count m.sum=30 […] T+10",
        *(f"{line}+10" for line in quantiles),
    ]


def test_a_summary_without_quantiles_is_its_counts() -> None:
    mapper = Mapper(first="keep", quantiles=False)
    assert mapper.map(summary(10, 100)) == ["count m.count=10 […] T+0", "count m.sum=100 […] T+0"]


def test_a_resource_is_tags_and_host() -> None:
    resource: v.Attributes = {
        "service.name": "s",
        "service.version": "v",
        "deployment.environment": "e",
        "k8s.pod.name": "pod",
        "container.id": "cid",
        "cloud.region": "r",
        "datadog.host.name": "ddh",
        "custom": "c",
    }
    assert Mapper().map(v.Gauge([number(1)]), resource=resource) == [
        "gauge m=1 [service:s version:v env:e pod_name:pod container_id:cid region:r"
        " instrumentation_scope:lib instrumentation_scope_version:1] T+0 host=ddh"
    ]


def test_a_task_of_fargate_has_no_host() -> None:
    resource: v.Attributes = {
        "aws.ecs.launchtype": "fargate",
        "aws.ecs.task.arn": "arn:x",
        "host.name": "h",
    }
    mapper = Mapper(PlaceOptions(host="own"))
    assert mapper.map(v.Gauge([number(1)]), resource=resource) == [
        "gauge m=1 [task_arn:arn:x instrumentation_scope:lib instrumentation_scope_version:1] T+0"
    ]


@pytest.mark.parametrize(
    ("resource", "host"),
    [
        ({"host": "a", "datadog.host.name": "b"}, "a"),
        ({"cloud.provider": "aws", "host.name": "n", "host.id": "i-1"}, "i-1"),
        ({"cloud.provider": "aws", "host.name": "n"}, "own"),
        ({"cloud.provider": "gcp", "host.name": "n.c.x", "cloud.account.id": "p"}, "n.p"),
        ({"k8s.node.name": "node", "k8s.cluster.name": "c", "host.id": "i"}, "node-c"),
        ({"host.id": "i", "host.name": "n"}, "i"),
        ({"host.name": "localhost"}, "own"),
        ({}, "own"),
    ],
)
def test_the_host_is_the_first_that_is_named(resource: v.Attributes, host: str) -> None:
    (line,) = Mapper(PlaceOptions(host="own")).map(v.Gauge([number(1)]), resource=resource)
    assert line.endswith(f" host={host}")


def test_a_library_without_a_version_says_so_and_its_attributes_are_tags() -> None:
    assert Mapper().map(v.Gauge([number(1)]), scope=v.Scope("lib", "", {"sa": "x"})) == [
        "gauge m=1 [service:svc instrumentation_scope:lib instrumentation_scope_version:n/a sa:x]"
        " T+0"
    ]


def test_the_library_may_be_left_out() -> None:
    mapper = Mapper(PlaceOptions(scope_as_tags=False))
    (line,) = mapper.map(v.Gauge([number(1)]))
    assert line == "gauge m=1 [service:svc] T+0"


def test_all_attributes_of_a_resource_may_be_tags() -> None:
    mapper = Mapper(PlaceOptions(resource_attributes_as_tags=True))
    (line,) = mapper.map(v.Gauge([number(1)]))
    assert line == "gauge m=1 [service.name:svc …] T+0"


def test_configured_tags_say_what_the_resource_does_not() -> None:
    mapper = Mapper(PlaceOptions(tags=("service:other", "env:prod", "team:x")))
    (line,) = mapper.map(v.Gauge([number(1)]))
    assert line == "gauge m=1 [env:prod team:x …] T+0"


@pytest.mark.parametrize("name", ["http/server.req-count µ", "system.cpu.time", ""])
def test_names_are_sent_as_they_are(name: str) -> None:
    assert Mapper().map(v.Gauge([number(1)]), name=name) == [f"gauge {name}=1 […] T+0"]


def test_a_timestamp_of_zero_is_sent_as_it_is() -> None:
    point = v.NumberPoint(value=1)
    assert Mapper().map(v.Gauge([point])) == [f"gauge m=1 […] T{-T:+d}"]


def test_metrics_of_runtimes_have_datadogs_names_too() -> None:
    data = v.Gauge([number(1)])
    assert Mapper().map(data, name="process.runtime.jvm.threads.count") == [
        "gauge process.runtime.jvm.threads.count=1 […] T+0",
        "gauge jvm.thread_count=1 […] T+0",
    ]


def test_a_runtime_name_that_stands_for_an_attribute_replaces_it() -> None:
    point = number(3)
    point.attributes = {"jvm.memory.type": "heap", "jvm.memory.pool.name": "G1 Eden Space", "a": 1}
    mapped = Mapper().map(v.Gauge([point]), name="jvm.memory.used")
    assert mapped[1:] == [
        "gauge jvm.heap_memory=3 [jvm.memory.pool.name:G1 Eden Space a:1 …] T+0",
        "gauge jvm.gc.eden_size=3 [a:1 …] T+0",
    ]


def test_a_point_is_one_sample_whatever_it_becomes() -> None:
    mapper = Mapper(aggregations=True)
    assert len(mapper.map(histogram([1, 2, 3], minimum=1, maximum=33))) == 5
    assert mapper.stats.points_accepted == 1
