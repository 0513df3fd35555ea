"""Which intake gets which format: the rows of the Agent's own table, and what follows from them."""

from typing import Any

import pytest

from serverless_init.config import SerializerSettings
from serverless_init.serializer import Destination
from serverless_init.serializer.destinations import Format, Pass, Passes

OURS = Destination("https://app.datadoghq.com", is_datadog=True)
THEIRS = Destination("http://example.test")
BOTH = (OURS, THEIRS)


def of_series(*destinations: Destination, **settings: Any) -> tuple[Pass, ...]:
    return Passes(SerializerSettings(**settings), destinations).of_series


def formats(passes: tuple[Pass, ...], *destinations: Destination) -> list[list[str]]:
    """The formats that each destination gets."""
    return [[one.format.value for one in passes if one.is_for(d.url)] for d in destinations]


def test_series_are_v2_for_everybody_unless_something_is_set() -> None:
    assert of_series(*BOTH) == (Pass(Format.V2),)


def test_without_an_intake_series_are_v2() -> None:
    assert of_series(v3_series="true") == (Pass(Format.V2),)


def test_v3_can_be_on_for_everybody() -> None:
    assert of_series(*BOTH, v3_series="true") == (Pass(Format.V3),)


def test_datadog_only_is_v3_for_datadogs_own_intakes_and_v2_for_others() -> None:
    passes = of_series(*BOTH, v3_series="datadog_only")
    assert formats(passes, *BOTH) == [["v3"], ["v2"]]


def test_the_mode_of_a_single_url_wins_over_the_general_one() -> None:
    modes = ((OURS.url, "false"), (THEIRS.url, "true"))
    assert formats(of_series(*BOTH, v3_series="datadog_only", v3_series_modes=modes), *BOTH) == [
        ["v2"],
        ["v3"],
    ]


def test_the_list_of_urls_wins_over_the_mode_of_a_single_one() -> None:
    passes = of_series(
        *BOTH, v3_series_modes=((THEIRS.url, "false"),), v3_series_urls=(THEIRS.url,)
    )
    assert formats(passes, *BOTH) == [["v2"], ["v3"]]


def test_datadog_only_may_be_the_mode_of_a_single_url() -> None:
    modes = ((OURS.url, "datadog_only"), (THEIRS.url, "datadog_only"))
    assert formats(of_series(*BOTH, v3_series_modes=modes), *BOTH) == [["v3"], ["v2"]]


def test_a_url_that_nobody_has_changes_nothing() -> None:
    assert of_series(*BOTH, v3_series_urls=("https://elsewhere",)) == (Pass(Format.V2),)


def test_intakes_of_one_format_share_a_pass() -> None:
    third = Destination("http://third.test")
    passes = of_series(OURS, THEIRS, third, v3_series="datadog_only")
    assert passes == (
        Pass(Format.V3, frozenset({OURS.url})),
        Pass(Format.V2, frozenset({THEIRS.url, third.url})),
    )


def test_the_main_intakes_pass_is_the_first() -> None:
    passes = of_series(THEIRS, OURS, v3_series="datadog_only")
    assert [one.format for one in passes] == [Format.V2, Format.V3]


def test_v1_is_for_everybody_whatever_is_said_of_v3() -> None:
    passes = of_series(*BOTH, use_v2_series=False, v3_series="true", v3_series_urls=(OURS.url,))
    assert passes == (Pass(Format.V1),)


@pytest.mark.parametrize("mode", ["true", "datadog_only"])
def test_the_modes_of_series_do_not_concern_distributions(mode: str) -> None:
    settings = SerializerSettings(v3_series=mode, v3_series_urls=(OURS.url,))
    assert Passes(settings, BOTH).of_sketches == (Pass(Format.V2),)


def test_distributions_are_v3_for_the_urls_of_their_list() -> None:
    passes = Passes(SerializerSettings(v3_sketch_urls=(THEIRS.url,)), BOTH)
    assert formats(passes.of_sketches, *BOTH) == [["v2"], ["v3"]]
    assert passes.any_v3


def test_where_v3_is_not_possible_everything_is_v2() -> None:
    settings = SerializerSettings(v3_series="true", v3_sketch_urls=(THEIRS.url,))
    passes = Passes(settings, BOTH)
    assert passes.any_v3
    assert not passes.without_v3().any_v3
    assert passes.without_v3().of_series == (Pass(Format.V2),)
