"""The fault script: steps are used up in order, route by route."""

import pytest

from serverless_init.errors import RequestRefused
from serverless_init.intake import ANY_ROUTE, FaultStep
from serverless_init.intake.faults import (
    NO_FAULT,
    ROUTES_MAX,
    STEPS_MAX,
    FaultScript,
    parse_steps,
)


def test_steps_are_used_up_in_order_and_then_all_is_well() -> None:
    script = FaultScript({"/r": [FaultStep(status=500, times=2), FaultStep(delay_s=0.2)]})
    taken = [script.next_step("/r") for _ in range(4)]
    assert [step.status for step in taken] == [500, 500, 0, 0]
    assert [step.delay_s for step in taken] == [0, 0, 0.2, 0]
    assert taken[3] == NO_FAULT
    assert script.remaining() == {}


def test_a_route_without_steps_has_those_of_every_route() -> None:
    script = FaultScript({"/r": [FaultStep(status=500)], ANY_ROUTE: [FaultStep(status=503)]})
    assert [script.next_step(route).status for route in ("/r", "/other", "/r")] == [500, 503, 0]


def test_setting_a_route_replaces_its_steps() -> None:
    script = FaultScript({"/r": [FaultStep(status=500)]})
    script.set("/r", [FaultStep(status=429)])
    assert script.remaining() == {"/r": (FaultStep(status=429),)}
    script.set("/r", [])
    assert script.next_step("/r") == NO_FAULT


def test_clearing_forgets_every_route() -> None:
    script = FaultScript({"/a": [FaultStep(hang=True)], "/b": [FaultStep(reset=True)]})
    script.clear()
    assert script.remaining() == {}


def test_steps_are_parsed_from_json_values() -> None:
    assert parse_steps(
        [
            {"status": 500, "times": 2},
            {"delay_s": 1},
            {"reset": True, "accept": True},
            {"hang": True},
            {"status": 429, "headers": {"Retry-After": 3}},
        ]
    ) == (
        FaultStep(status=500, times=2),
        FaultStep(delay_s=1),
        FaultStep(reset=True, accept=True),
        FaultStep(hang=True),
        FaultStep(status=429, headers=(("Retry-After", "3"),)),
    )


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ({}, "steps is a list of objects"),
        ([1], "a step is an object"),
        ([{"staus": 500}], "a step has no staus"),
        ([{"status": "500"}], "status is '500'; it must be of type int"),
        ([{"status": True}], "status is True; it must be of type int"),
        ([{"reset": 1}], "reset is 1; it must be of type bool"),
        ([{"headers": []}], "headers is an object"),
        ([{"times": 0}], "times is at least 1"),
        ([{"delay_s": -1}], "delay_s is between 0 and 600"),
        ([{"delay_s": float("nan")}], "delay_s is between 0 and 600"),
        ([{"status": 100}], "status is between 200 and 599"),
        ([{"reset": True, "status": 500}], "a step is one of reset, hang and status"),
    ],
)
def test_a_step_that_cannot_be_is_refused(steps: object, why: str) -> None:
    with pytest.raises(RequestRefused) as raised:
        parse_steps(steps)
    assert (raised.value.status, str(raised.value)) == (400, why)


def test_a_script_is_bounded() -> None:
    script = FaultScript()
    with pytest.raises(RequestRefused, match="a script has"):
        script.set("/r", [FaultStep(status=500)] * (STEPS_MAX + 1))
    for number in range(ROUTES_MAX):
        script.set(f"/{number}", [FaultStep(status=500)])
    with pytest.raises(RequestRefused, match="a script has"):
        script.set("/one/more", [FaultStep(status=500)])
    script.set("/0", [FaultStep(status=503)])
    assert script.next_step("/0").status == 503
