"""The page of own metrics and the code name the same counters and the same reasons to drop."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

from serverless_init.dogstatsd.events import Malformed as MalformedItem
from serverless_init.forwarder.retry import REFUSED, Refused, fate_of_answer
from serverless_init.lifecycle import Receipt
from serverless_init.logs_pipeline import LOGS_DISCIPLINE
from serverless_init.model import PayloadKind
from serverless_init.otlp import stats as otlp_stats
from serverless_init.sampler import Malformed, stats
from serverless_init.traces import stats as trace_stats
from serverless_init.wire import refusals

REPOSITORY = Path(__file__).parents[1]
ROOT = REPOSITORY / "src" / "serverless_init"
PAGE = (REPOSITORY / "docs" / "reference" / "own-metrics.md").read_text()

# The first part of a counter's name, where it is not the class's name without "Stats".
COMPONENTS = {"HttpClientStats": "http_client", "ServerStats": "http_server"}
# What the serializer, and with it `enable_payloads`, has nothing to do with.
OTHERS = {
    PayloadKind.LOGS,
    PayloadKind.TRACES,
    PayloadKind.TRACE_STATS,
    PayloadKind.METADATA,
}
# The calls to which a reason is given as a literal.
DROPS = ("drop", "_lose", "shut", "_abandon", "_cancel", "_forget", "discard_open", "Abandoned")


def test_the_page_lists_the_counters_of_every_stats_class() -> None:
    counters = PAGE.partition("## Drop reasons")[0]
    listed = re.findall(r"^\| `(\w+\.\w+)` \|", counters, re.MULTILINE)
    assert sorted(listed) == sorted(counters_in_the_code())


def test_the_page_lists_every_reason_to_drop() -> None:
    reasons = PAGE.partition("## Drop reasons")[2]
    listed = re.findall(r"^\| `([\w:]+)` \|", reasons, re.MULTILINE)
    assert sorted(listed) == sorted(set(reasons_in_the_code()))


def test_every_dropped_counter_but_that_of_log_lines_is_marked_as_loss() -> None:
    rows = re.findall(r"^\| `(\w+\.\w*dropped)` \|[^|]*\|([^|]*)\|", PAGE, re.MULTILINE)
    assert [name for name, mark in rows if mark.strip() != "loss"] == ["log.lines_dropped"]


def counters_in_the_code() -> Iterator[str]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("Stats"):
                component = COMPONENTS.get(node.name, node.name.removesuffix("Stats").lower())
                yield from (f"{component}.{name}" for name in names(path, node.name))
    yield from (f"receipt.{field.name}" for field in fields(Receipt))


def names(path: Path, class_name: str) -> list[str]:
    module = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    found = getattr(importlib.import_module(module), class_name)
    return [field.name for field in fields(found)] if is_dataclass(found) else found.__slots__


def reasons_in_the_code() -> Iterator[str]:
    yield from (f"malformed:{reason}" for reason in Malformed)
    check_only = {MalformedItem.EMPTY_NAME, MalformedItem.BAD_STATUS}
    both = {MalformedItem.TOO_SHORT}
    yield from (f"malformed:event:{reason}" for reason in set(MalformedItem) - check_only)
    yield from (f"malformed:service_check:{reason}" for reason in check_only | both)
    yield from (f"disabled:{kind.value}" for kind in PayloadKind if kind not in OTHERS)
    modules = vars(stats), vars(trace_stats), vars(otlp_stats), vars(refusals)
    constants = (value for names in modules for name, value in names.items() if name.isupper())
    yield from (text for text in constants if isinstance(text, str) and text != stats.MALFORMED)
    logs_too = REFUSED | LOGS_DISCIPLINE.refused
    fates = (fate_of_answer(status, logs_too) for status in range(100, 600))
    yield from (fate.reason for fate in fates if isinstance(fate, Refused))
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            yield from literal_reasons(node)


def literal_reasons(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        for argument in node.args if name in DROPS else ():
            yield from literals(argument)
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "dropped":
        yield from literals(node.slice)


def literals(node: ast.AST) -> Iterator[str]:
    """The strings that `node` may evaluate to, without those it compares or composes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.Compare | ast.JoinedStr | ast.Subscript):
        for child in ast.iter_child_nodes(node):
            yield from literals(child)
