"""The memory of cumulative series: bounded in number and in age."""

from serverless_init.otlp.deltas import Deltas, Step

NS = 1_000_000_000


def deltas(**options: object) -> Deltas:
    chosen = {"first": "keep", "began_ns": 0, "ttl_s": 100.0, "series_max": 2, **options}
    return Deltas(**chosen)  # type: ignore[arg-type]


def advance(one: Deltas, name: str, value: float, at: int, *beside: float) -> Step | str:
    return one.advance(
        (name,), start_ns=1, time_ns=at * NS, numbers=(value,), beside=beside, now=float(at)
    )


def test_a_series_beyond_the_limit_is_refused_and_the_others_go_on() -> None:
    one = deltas()
    assert advance(one, "a", 1, 1) == Step((1,), None)
    assert advance(one, "b", 1, 1) == Step((1,), None)
    assert advance(one, "c", 1, 1) == "contexts_max"
    assert advance(one, "a", 3, 2) == Step((2,), ())
    assert len(one) == 2


def test_a_series_that_is_not_seen_for_long_is_forgotten() -> None:
    one = deltas()
    advance(one, "a", 1, 1)
    advance(one, "b", 1, 90)
    assert advance(one, "c", 5, 145) == Step((5,), None)
    assert len(one) == 2
    assert advance(one, "b", 4, 150) == Step((3,), ())


def test_what_stands_beside_may_shrink_and_is_given_back() -> None:
    one = deltas()
    advance(one, "a", 1, 1, -5.0)
    assert advance(one, "a", 2, 2, -9.0) == Step((1,), (-5.0,))
    assert advance(one, "a", 3, 3, 0.0) == Step((1,), (-9.0,))
