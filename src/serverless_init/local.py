"""``--local``: the intake in this process, and what it shows at the end."""

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from serverless_init.clock import Clock
from serverless_init.forwarder import IntakeEndpoint
from serverless_init.intake import Intake, render, style_of
from serverless_init.platforms import LOCAL, Place

_log = logging.getLogger("serverless_init.local")

_KEY = "local"


def local_intake(clock: Clock) -> Intake | None:
    """An intake that has its port; None, said in one line, when it cannot have one."""
    intake = Intake(clock)
    try:
        intake.bind()
    except OSError as error:
        _log.warning("the local intake cannot listen (%s): nothing is delivered", error)
        return None
    return intake


def local_endpoint(intake: Intake) -> IntakeEndpoint:
    """Where to deliver so that it arrives at `intake`."""
    return IntakeEndpoint("http", intake.host, intake.port, "", _KEY)


def local_report(intake: Intake, place: Place, environ: Mapping[str, str]) -> str:
    """Where it ran and what arrived, as it fits stderr; ``NO_COLOR`` is respected."""
    style = style_of(sys.stderr)
    if "NO_COLOR" in environ:
        style = replace(style, colour=False)
    lines = [*_told_of(place), *render(intake.store.snapshot(), style)]
    return "\n".join(["", *lines, "", ""])


def _told_of(place: Place) -> Iterator[str]:
    """The place and its tags; nothing when it is none that is known."""
    if place.platform is LOCAL:
        return
    yield f"Where this ran: {place.platform.title}, grace window {place.platform.grace_s:g} s"
    yield ""
    yield "TAGS"
    yield from (f"  {tag}" for tag in sorted(place.tags.metric))
    if place.tags.high_cardinality:
        yield "TAGS of logs and traces alone"
        yield from (f"  {tag}" for tag in sorted(place.tags.high_cardinality))
    yield ""
