"""Events and service checks, as the tables of the specification have them."""

import json
from pathlib import Path

import pytest

from serverless_init.dogstatsd.events import Malformed, parse_event, parse_service_check
from serverless_init.model import AlertType, CheckStatus, Event, EventPriority, ServiceCheck

TABLE = json.loads(Path(__file__).with_name("event_lines.json").read_text("utf-8"))


def line_of(case):
    return case["line"]


@pytest.mark.parametrize("case", TABLE["events"], ids=line_of)
def test_an_event_of_the_table_parses_to_its_value(case):
    warnings = []
    assert parse_event(case["line"].encode(), warnings=warnings) == Event(
        title=case["title"].encode(),
        text=case["text"].encode(),
        timestamp=case.get("timestamp", 0),
        priority=EventPriority(case.get("priority", "normal")),
        alert_type=AlertType(case.get("alert_type", "info")),
        host=case.get("host", "").encode(),
        aggregation_key=case.get("aggregation_key", "").encode(),
        source_type=case.get("source_type", "").encode(),
        tags=tuple(tag.encode() for tag in case.get("tags", [])),
    )
    assert warnings == case.get("warnings", [])


@pytest.mark.parametrize(("line", "reason"), TABLE["malformed_events"])
def test_a_bad_event_of_the_table_has_its_reason(line, reason):
    assert parse_event(line.encode()) is Malformed(reason)


@pytest.mark.parametrize("case", TABLE["checks"], ids=line_of)
def test_a_check_of_the_table_parses_to_its_value(case):
    warnings = []
    assert parse_service_check(case["line"].encode(), warnings=warnings) == ServiceCheck(
        name=case["name"].encode(),
        status=CheckStatus[case["status"]],
        timestamp=case.get("timestamp", 0),
        host=case.get("host", "").encode(),
        message=case.get("message", "").encode(),
        tags=tuple(tag.encode() for tag in case.get("tags", [])),
    )
    assert warnings == case.get("warnings", [])


@pytest.mark.parametrize(("line", "reason"), TABLE["malformed_checks"])
def test_a_bad_check_of_the_table_has_its_reason(line, reason):
    assert parse_service_check(line.encode()) is Malformed(reason)
