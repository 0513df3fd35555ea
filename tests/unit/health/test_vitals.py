from serverless_init.health import Vitals
from serverless_init.lifecycle import Closed, Drained, DrainEnded, DrainFailed, Started, StartFailed


def test_nobody_is_ready_before_every_component_has_started() -> None:
    vitals = Vitals(["forwarder", "dogstatsd"])
    assert vitals.ready() == ([], ["forwarder", "dogstatsd"])
    vitals.observe(Started("forwarder", 0.1))
    assert vitals.ready() == (["forwarder"], ["dogstatsd"])
    vitals.observe(Started("dogstatsd", 0.1))
    assert vitals.ready() == (["forwarder", "dogstatsd"], [])


def test_a_component_that_cannot_start_is_unhealthy() -> None:
    vitals = Vitals(["dogstatsd"])
    vitals.observe(StartFailed("dogstatsd", OSError()))
    assert vitals.ready() == ([], ["dogstatsd"])


def test_whoever_has_drained_or_failed_to_is_not_ready_any_more() -> None:
    for event in (DrainEnded("a", Drained(), 0.1), DrainFailed("a", ValueError()), Closed("a")):
        vitals = Vitals(["a"])
        vitals.observe(Started("a", 0.1))
        vitals.observe(event)
        assert vitals.ready() == ([], ["a"])


def test_a_check_is_asked_each_time() -> None:
    answers = iter([True, False])
    vitals = Vitals([], checks={"api_key": lambda: next(answers)})
    assert vitals.ready() == (["api_key"], [])
    assert vitals.ready() == ([], ["api_key"])


def test_other_components_do_not_matter() -> None:
    vitals = Vitals(["a"])
    vitals.observe(Started("b", 0.1))
    assert vitals.ready() == ([], ["a"])


def test_started_up_is_who_has_tried_to_start_everything_whatever_the_outcome() -> None:
    vitals = Vitals(["a", "b"], checks={"api_key": lambda: False})
    vitals.observe(StartFailed("a", OSError()))
    assert vitals.started() == (["a"], ["b"])
    vitals.observe(Started("b", 0.1))
    assert vitals.started() == (["a", "b"], [])
    vitals.observe(Closed("b"))
    assert vitals.started() == (["a", "b"], [])
