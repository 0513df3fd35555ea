"""Faults on demand: what a route does instead of answering as usual, step by step."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from serverless_init.errors import RequestRefused

ANY_ROUTE = "*"
ROUTES_MAX = 100
STEPS_MAX = 1_000
DELAY_S_MAX = 600.0


@dataclass(frozen=True, slots=True)
class FaultStep:
    """What happens to the next `times` requests of a route.

    After `delay_s` the connection is reset (`reset`), or the request is never answered (`hang`),
    or answered with `status` and `headers`; 0 is the usual answer, so a delay alone is a slow
    intake. `accept` keeps the payload although the client is not told so: what an intake does
    that loses only its answer. Without it a payload is kept only when it is answered as usual.
    """

    status: int = 0
    times: int = 1
    delay_s: float = 0.0
    reset: bool = False
    hang: bool = False
    accept: bool = False
    headers: tuple[tuple[str, str], ...] = ()


NO_FAULT = FaultStep()


class FaultScript:
    """The steps of each route, consumed in order; a route without steps behaves."""

    def __init__(self, steps: Mapping[str, Iterable[FaultStep]] | None = None) -> None:
        self._steps: dict[str, deque[FaultStep]] = {}
        for route, of_route in (steps or {}).items():
            self.set(route, of_route)

    def set(self, route: str, steps: Iterable[FaultStep]) -> None:
        """Replace the steps of `route`, `ANY_ROUTE` for those without steps of their own.

        Raises `RequestRefused` (400) for a step that cannot be, or too much of a script.
        """
        chosen = deque(steps)
        for step in chosen:
            _check(step)
        if len(chosen) > STEPS_MAX or len(self._steps.keys() | {route}) > ROUTES_MAX:
            raise RequestRefused(400, f"a script has {ROUTES_MAX} routes of {STEPS_MAX} steps")
        self._steps.pop(route, None)
        if chosen:
            self._steps[route] = chosen

    def next_step(self, route: str) -> FaultStep:
        """What happens to this request of `route`; uses up one of the step's times."""
        key = route if route in self._steps else ANY_ROUTE
        steps = self._steps.get(key)
        if not steps:
            return NO_FAULT
        step = steps[0]
        if step.times > 1:
            steps[0] = replace(step, times=step.times - 1)
        else:
            steps.popleft()
            if not steps:
                del self._steps[key]
        return step

    def clear(self) -> None:
        """Forget every step."""
        self._steps.clear()

    def remaining(self) -> dict[str, tuple[FaultStep, ...]]:
        """The steps not yet used up, by route."""
        return {route: tuple(steps) for route, steps in self._steps.items()}


def parse_steps(value: object) -> tuple[FaultStep, ...]:
    """Steps from JSON: a list of objects with the fields of `FaultStep`, ``headers`` an object.

    Raises `RequestRefused` (400) with what is wrong.
    """
    if not isinstance(value, list):
        raise RequestRefused(400, "steps is a list of objects")
    return tuple(_parse_step(item) for item in value)


def _parse_step(item: object) -> FaultStep:
    if not isinstance(item, dict):
        raise RequestRefused(400, "a step is an object")
    fields = dict(item)
    headers = fields.pop("headers", {})
    unknown = fields.keys() - set(FaultStep.__slots__)
    if unknown:
        raise RequestRefused(400, f"a step has no {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        wanted = type(getattr(NO_FAULT, name))
        fitting = type(value) is wanted or (wanted is float and type(value) is int)
        if not fitting:
            raise RequestRefused(400, f"{name} is {value!r}; it must be of type {wanted.__name__}")
    if not isinstance(headers, dict):
        raise RequestRefused(400, "headers is an object")
    step = FaultStep(**fields, headers=tuple((str(k), str(v)) for k, v in headers.items()))
    _check(step)
    return step


def _check(step: FaultStep) -> None:
    if step.times < 1:
        raise RequestRefused(400, "times is at least 1")
    if not 0 <= step.delay_s <= DELAY_S_MAX:
        raise RequestRefused(400, f"delay_s is between 0 and {DELAY_S_MAX:g}")
    if step.status and not 200 <= step.status <= 599:
        raise RequestRefused(400, "status is between 200 and 599")
    if (step.reset, step.hang, bool(step.status)).count(True) > 1:
        raise RequestRefused(400, "a step is one of reset, hang and status")
