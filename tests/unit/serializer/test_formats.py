"""Each format has its route, limits and compression; intakes of two formats have two accounts."""

import json
import subprocess
import sys
from typing import Any

import pytest

from serverless_init.config import SerializerSettings
from serverless_init.intake.decode_columns import decode_columns
from serverless_init.model import (
    CheckStatus,
    Event,
    Payload,
    Serie,
    SerieKind,
    ServiceCheck,
    SketchPoint,
    SketchSerie,
)
from serverless_init.serializer import Destination, Serializer
from serverless_init.wire import choose_codec
from serverless_init.wire.inflate import inflate

MAIN, OTHER = "https://app.datadoghq.com", "http://other"
V3: dict[str, Any] = {"v3_series": "true", "v3_sketch_urls": (MAIN,)}


def serializer(kind: str = "none", *urls: str, v3_level: int = 0, **settings: Any) -> Serializer:
    return Serializer(
        SerializerSettings(**settings),
        codec=choose_codec(kind),
        origin=lambda name: None,
        hostname=b"",
        destinations=[Destination(url) for url in urls or (MAIN,)],
        v3_codec=choose_codec(kind, zstd_level=v3_level) if v3_level else None,
    )


def a_serie(name: bytes = b"m", *, points: int = 1, samples: int = 1) -> Serie:
    return Serie(
        name=name,
        tags=(),
        host=b"",
        kind=SerieKind.GAUGE,
        points=tuple((n + 1, 1.0) for n in range(points)),
        interval_s=10,
        samples=samples,
    )


def a_sketch(*, samples: int = 1) -> SketchSerie:
    point = SketchPoint(1, 1, 1.0, 1.0, 1.0, 1.0, (1,), (1,))
    return SketchSerie(
        name=b"m", tags=(), host=b"", points=(point,), interval_s=10, samples=samples
    )


def names(payload: Payload) -> list[str]:
    plain = inflate(payload.body, payload.content_encoding, bytes_max=10**8)
    return [received.metric for received in decode_columns(plain)]


@pytest.mark.parametrize(
    ("settings", "name", "route", "content_type"),
    [
        ({}, "series_v2", "/api/v2/series", "application/x-protobuf"),
        ({"use_v2_series": False}, "series_v1", "/api/v1/series", "application/json"),
        (V3, "series_v3", "/api/intake/metrics/v3/series", "application/x-protobuf"),
        (
            {**V3, "v3_use_beta": True},
            "series_v3beta",
            "/api/intake/metrics/v3beta/series",
            "application/x-protobuf",
        ),
        (
            {**V3, "v3_use_beta": True, "v3_beta_route": "/trial"},
            "series_v3beta",
            "/trial",
            "application/x-protobuf",
        ),
    ],
)
def test_each_format_of_series_has_its_route_and_content_type(
    settings: dict[str, Any], name: str, route: str, content_type: str
) -> None:
    (payload,) = serializer(**settings).series([a_serie()])

    assert (payload.endpoint.name, payload.endpoint.route) == (name, route)
    assert payload.content_type == content_type
    assert payload.destinations is None


def test_distributions_have_a_v3_route_of_their_own() -> None:
    (payload,) = serializer(**V3, v3_use_beta=True).sketches([a_sketch()])

    assert payload.endpoint.name == "sketches_v3"
    assert payload.endpoint.route == "/api/intake/metrics/v3/sketches"
    assert payload.content_type == "application/x-protobuf"


def test_v1_series_have_the_general_limits_and_no_points_limit() -> None:
    series = [a_serie(b"m%d" % n) for n in range(5)]
    free = serializer(use_v2_series=False, series_points_max=1, series_bytes_max=1)
    split = serializer(use_v2_series=False, payload_uncompressed_bytes_max=250)

    assert [payload.points for payload in free.series(series)] == [5]
    bodies = [payload.body for payload in split.series(series)]
    assert [len(json.loads(body)["series"]) for body in bodies] == [2, 2, 1]
    assert all(len(body) <= 250 for body in bodies)


def test_columns_have_the_limits_of_series_also_for_distributions() -> None:
    general = {"payload_bytes_max": 1, "payload_uncompressed_bytes_max": 1}
    subject = serializer(**V3, **general, series_points_max=2)

    assert [p.points for p in subject.series([a_serie() for _ in range(5)])] == [2, 2, 1]
    assert [p.points for p in subject.sketches([a_sketch() for _ in range(3)])] == [2, 1]


@pytest.mark.parametrize("kind", ["zstd", "gzip", "none"])
def test_columns_are_compressed_like_everything_else(kind: str) -> None:
    (payload,) = serializer(kind, **V3).series([a_serie(b"a"), a_serie(b"b")])

    assert payload.content_encoding == choose_codec(kind).content_encoding
    assert names(payload) == ["a", "b"]


def test_columns_may_have_a_compression_level_of_their_own() -> None:
    series = [a_serie(b"shop.checkout.%d.%d" % (n % 7, n)) for n in range(2000)]
    (fast,) = serializer("zstd", **V3).series(series)
    (small,) = serializer("zstd", v3_level=19, **V3).series(series)

    assert len(small.body) < len(fast.body)
    assert names(small) == names(fast)


def test_zlib_means_v2_for_all_and_one_line() -> None:
    subject = serializer("zlib", **V3)

    (series,) = subject.series([a_serie()])
    (sketches,) = subject.sketches([a_sketch()])

    assert series.endpoint.route == "/api/v2/series"
    assert sketches.endpoint.route == "/api/beta/sketches"
    assert subject.notices == [
        (
            "info",
            "payloads are compressed with zlib, so nothing is sent as v3 (use_v3_api and "
            "serializer_experimental_use_v3_api are ignored): zstd would allow it",
        )
    ]


@pytest.mark.parametrize("settings", [{}, {"use_v2_series": False, "v3_series": "true"}])
def test_with_zlib_nothing_is_said_when_nothing_would_be_v3(settings: dict[str, Any]) -> None:
    assert serializer("zlib", **settings).notices == []


def test_each_kind_that_is_off_is_said_once() -> None:
    subject = serializer(
        series_enabled=False,
        sketches_enabled=False,
        events_enabled=False,
        service_checks_enabled=False,
    )

    assert subject.notices == [
        ("warning", f"enable_payloads.{kind} is off: all of them are dropped, as disabled:{kind}")
        for kind in ("series", "sketches", "events", "service_checks")
    ]


@pytest.mark.parametrize("settings", [{}, {"use_v2_series": False}, V3])
def test_a_kind_that_is_off_is_dropped_in_every_format(settings: dict[str, Any]) -> None:
    subject = serializer(**settings, series_enabled=False, sketches_enabled=False)

    assert [*subject.series([a_serie(samples=2)]), *subject.sketches([a_sketch(samples=3)])] == []
    assert subject.stats.samples_accepted == 5
    assert subject.stats.dropped == {"disabled:series": 2, "disabled:sketches": 3}


def test_intakes_of_two_formats_get_everything_once_each() -> None:
    subject = serializer("none", MAIN, OTHER, v3_series_urls=(MAIN,))

    v3, v2 = subject.series([a_serie(samples=2), a_serie(samples=3)])

    assert (v3.endpoint.name, v3.destinations, v3.samples) == ("series_v3", {MAIN}, 5)
    assert (v2.endpoint.name, v2.destinations, v2.samples) == ("series_v2", {OTHER}, 5)


def test_what_both_take_goes_to_both() -> None:
    subject = serializer("none", MAIN, OTHER, v3_series_urls=(MAIN,))

    sent = [
        *subject.sketches([a_sketch()]),
        *subject.events([Event(b"t", b"")]),
        *subject.service_checks([ServiceCheck(b"c", CheckStatus.OK)]),
    ]

    assert [payload.destinations for payload in sent] == [None, None, None]


def test_the_account_is_that_of_the_main_intake_and_the_other_has_its_own() -> None:
    subject = serializer(
        "none", MAIN, OTHER, v3_series_urls=(MAIN,), series_uncompressed_bytes_max=1000
    )
    # Text that is repeated costs v2 its length each time, and columns once.
    repeating = Serie(b"m", (b"t" * 400,) * 5, b"", SerieKind.GAUGE, ((1, 1.0),), 10, samples=7)

    payloads = list(subject.series([repeating, a_serie(samples=2)]))

    (elsewhere,) = subject.elsewhere(OTHER)
    assert [payload.endpoint.name for payload in payloads] == ["series_v3", "series_v2"]
    assert (subject.stats.samples_accepted, subject.stats.samples_serialized) == (9, 9)
    assert subject.stats.dropped == {}
    assert (elsewhere.samples_accepted, elsewhere.samples_serialized) == (9, 2)
    assert elsewhere.dropped == {"too_big": 7}
    assert subject.elsewhere(MAIN) == ()


def test_intakes_of_one_format_share_the_account() -> None:
    assert serializer("none", MAIN, OTHER, **V3 | {"v3_sketch_urls": ()}).elsewhere(OTHER) == ()


IMPORTED = """
import sys
from serverless_init.config import SerializerSettings
from serverless_init.serializer import Destination, Serializer
from serverless_init.wire import choose_codec
Serializer(
    SerializerSettings({settings}),
    codec=choose_codec("none"),
    origin=lambda name: None,
    hostname=b"",
    destinations=[Destination("http://a")],
)
formats = "series_v1 series_v2 series_v3 sketches_v2 columns split_columns".split()
print(*(name for name in formats if "serverless_init.serializer." + name in sys.modules))
"""


@pytest.mark.parametrize(
    ("settings", "imported"),
    [
        ("", "series_v2 sketches_v2"),
        ("use_v2_series=False", "series_v1 sketches_v2"),
        ('v3_series="true"', "series_v3 sketches_v2 columns split_columns"),
        (
            'v3_series="true", v3_sketch_urls=("http://a",)',
            "series_v3 columns split_columns",
        ),
        ("series_enabled=False, sketches_enabled=False", ""),
    ],
)
def test_only_the_formats_that_are_on_are_imported(settings: str, imported: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED.format(settings=settings)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == imported.split()
