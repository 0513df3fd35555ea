"""Our encoders against the golden bodies of ``payloads.txt``."""

from pathlib import Path
from typing import Any

import pytest

from serverless_init.config import SerializerSettings
from serverless_init.model import (
    AlertType,
    CheckStatus,
    Event,
    EventPriority,
    Serie,
    SerieKind,
    ServiceCheck,
    SketchPoint,
    SketchSerie,
)
from serverless_init.serializer import Destination, Serializer, dogstatsd_origin
from serverless_init.wire import choose_codec


@pytest.fixture(scope="module")
def golden() -> dict[str, bytes]:
    bodies: dict[str, bytes] = {}
    name = ""
    for line in Path(__file__).with_name("payloads.txt").read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if line.startswith("["):
            name = line.strip("[]")
            bodies[name] = b""
        elif kind == "hex":
            bodies[name] += bytes.fromhex(rest.partition("#")[0])
        elif kind == "text":
            bodies[name] += rest.encode()
    return bodies


def serializer(platform: str, **settings: Any) -> Serializer:
    return Serializer(
        SerializerSettings(**settings),
        codec=choose_codec("none"),
        origin=dogstatsd_origin(platform),
        hostname=b"web-1",
        destinations=[Destination("http://intake")],
    )


FULL = Serie(
    name=b"m",
    tags=(b"b:c", b"device:d"),
    host=b"h",
    kind=SerieKind.GAUGE,
    points=((1_700_000_000, -1.5), (1_700_000_010, 0.0)),
    interval_s=10,
    unit=b"byte",
)
EMPTY = Serie(
    name=b"n",
    tags=(),
    host=b"",
    kind=SerieKind.UNSPECIFIED,
    points=((0, 0.0),),
    interval_s=0,
)


def test_series_are_the_golden_bytes(golden: dict[str, bytes]) -> None:
    with_origin = serializer("cloudrun").series([FULL])
    without_origin = Serializer(
        SerializerSettings(), codec=choose_codec("none"), origin=lambda name: None, hostname=b""
    ).series([EMPTY])

    assert b"".join(p.body for p in (*with_origin, *without_origin)) == golden["series"]


def test_v1_series_are_the_golden_bytes(golden: dict[str, bytes]) -> None:
    (payload,) = serializer("cloudrun", use_v2_series=False).series([FULL, EMPTY])

    assert payload.body == golden["series_v1"]


def test_columns_are_the_golden_bytes(golden: dict[str, bytes]) -> None:
    (payload,) = serializer("cloudrun", v3_series="true").series([FULL])

    assert payload.body == golden["series_v3"]


def test_sketches_are_the_golden_bytes(golden: dict[str, bytes]) -> None:
    point = SketchPoint(
        timestamp=1_700_000_000,
        count=3,
        minimum=-1.0,
        maximum=2.0,
        average=0.5,
        total=1.5,
        keys=(-1337, -1, 0, 64),
        counts=(1, 1, 2_147_483_648, 2),
    )
    serie = SketchSerie(name=b"m", tags=(b"b:c",), host=b"h", points=(point,), interval_s=10)

    (payload,) = serializer("containerapp").sketches([serie])

    assert payload.body == golden["sketches"]


def test_events_are_the_golden_bytes(golden: dict[str, bytes]) -> None:
    events = [
        Event(title=b"u", text=b'"\xff"', timestamp=1, alert_type=AlertType.SUCCESS,
              source_type=b"nagios"),
        Event(title=b"t", text=b"x\ny", timestamp=1_700_000_000, priority=EventPriority.LOW,
              alert_type=AlertType.ERROR, host=b"h", aggregation_key=b"k",
              tags=(b"a:b", "è".encode())),
        Event(title=b"", text=b""),
    ]  # fmt: skip

    (payload,) = serializer("local").events(events)

    assert payload.body == golden["events"]


def test_service_checks_are_the_golden_bytes(golden: dict[str, bytes]) -> None:
    checks = [
        ServiceCheck(name=b"c", status=CheckStatus.CRITICAL, timestamp=1_700_000_000, host=b"h",
                     message=b"down", tags=(b"a:b",)),
        ServiceCheck(name=b"d", status=CheckStatus.OK),
    ]  # fmt: skip

    (payload,) = serializer("local").service_checks(checks)

    assert payload.body == golden["service_checks"]
