"""The settings in words."""

from pathlib import Path

from serverless_init.config import describe, load
from serverless_init.config.components import COMPONENTS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"
DECLARED = [s for component in COMPONENTS for s in component.fields.values()]


def test_the_reference_page_is_the_generated_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == describe.reference()


def test_the_reference_page_has_a_row_for_each_setting() -> None:
    rows = [line for line in describe.reference().splitlines() if line.startswith("| `DD_")]
    assert len(rows) == len(DECLARED)
    assert all(row.count(" | ") == 4 for row in rows)


def test_a_row_of_the_page_tells_everything_about_a_setting() -> None:
    assert (
        "| `DD_DOGSTATSD_PORT` | `dogstatsd_port` | a whole number from 0 to 65535 | `8125` | "
        "UDP port; 0 turns UDP off. Change it only when the port is taken. |\n"
    ) in describe.reference()


def test_a_row_of_the_page_names_aliases_and_secrets() -> None:
    page = describe.reference()
    assert "| `DD_DD_URL`<br>`DD_URL` | `dd_url` |" in page
    assert "the app runs as ever. Secret. |" in page


def test_a_row_shows_the_value_in_use_and_its_source() -> None:
    environ = {"DD_DOGSTATSD_PORT": "9", "DD_API_KEY": "0123456789abcdef0123456789abcdef"}
    found = {
        row.variable: (row.component, row.key, row.value, row.source)
        for row in describe.rows(load(environ))
    }
    assert found["DD_DOGSTATSD_PORT"] == (
        "DogStatsD",
        "dogstatsd_port",
        "9",
        "environment DD_DOGSTATSD_PORT",
    )
    assert found["DD_API_KEY"] == ("Forwarder", "api_key", "***cdef", "environment DD_API_KEY")
    assert found["DD_USE_DOGSTATSD"][2] == "true"
    assert found["DD_HISTOGRAM_AGGREGATES"][2] == "max,median,avg,count"
    assert found["DD_FORWARDER_STOP_TIMEOUT"][2] == ""
    assert len(found) == len(DECLARED)


def test_what_is_shown_of_a_setting_can_be_set_again() -> None:
    first = load({"DD_FORWARDER_BACKOFF_BASE": "1500ms", "DD_TAGS": "a:b,c:d"})
    shown = {row.variable: row.value for row in describe.rows(first)}
    second = load(shown)
    assert second.problems == []
    assert all(first.of(component) == second.of(component) for component in COMPONENTS)
