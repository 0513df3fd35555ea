"""Processing rules: what can be used, what is said of the rest, and how text is masked."""

import importlib
import json
from types import ModuleType

import pytest

from serverless_init.logs import NO_RULES, compile_rules
from serverless_init.logs.rules import repeats_repetition


def without_re2(name: str) -> ModuleType:
    raise ImportError(name)


ENGINES = {"re2": importlib.import_module, "re": without_re2}
NOT_INSTALLED = "google-re2 is not installed: processing rules use Python's regular expressions"


@pytest.fixture(params=ENGINES)
def masked(request):
    """Masks a text by one pattern, in each of the engines."""

    def mask(pattern: str, placeholder: str, text: bytes) -> bytes | None:
        rule = {"name": "n", "type": "mask_sequences", "pattern": pattern}
        given = json.dumps(rule | {"replace_placeholder": placeholder})
        rules, problems = compile_rules([given], load=ENGINES[request.param])
        assert problems == [NOT_INSTALLED] * (request.param == "re")
        return rules.apply(text, is_cut=False)

    return mask


@pytest.mark.parametrize(
    ("pattern", "placeholder", "text", "expected"),
    [
        (r"\d{4}-\d{4}", "[card]", b"pay 1234-5678 now", b"pay [card] now"),
        (r"(user)=(\w+)", "$1=***", b"user=bob", b"user=***"),
        (r"(?P<key>user)=(\w+)", "${key}=$2$2", b"user=bob", b"user=bobbob"),
        (r"(u)ser", "$1x ${1}x", b"user", b" ux"),
        (r"x", "$$5", b"x", b"$5"),
        (r"x", "$9$name", b"axb", b"ab"),
        (r"(a)|(b)", "<$1>", b"ab", b"<a><>"),
        ("é+", "e", "caféé".encode(), b"cafe"),
        (r"b", "x", b"a\xffb\x00", b"a\xffx\x00"),
        (r"\w+", "x", "é".encode(), "é".encode()),
        (r"a", "", b"banana", b"bnn"),
    ],
)
def test_matches_are_replaced(masked, pattern, placeholder, text, expected) -> None:
    assert masked(pattern, placeholder, text) == expected


def test_rules_apply_in_their_order() -> None:
    mask = {"name": "m", "type": "mask_sequences", "pattern": "a", "replace_placeholder": "b"}
    exclude = {"name": "e", "type": "exclude_at_match", "pattern": "a"}
    masked_first, _ = compile_rules(map(json.dumps, [mask, exclude]))
    excluded_first, _ = compile_rules(map(json.dumps, [exclude, mask]))
    assert masked_first.apply(b"a", is_cut=False) == b"b"
    assert excluded_first.apply(b"a", is_cut=False) is None


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"type": "multi_line", "pattern": "x"}, "number 2 is not used: it has no name"),
        ({"name": "n", "pattern": "x"}, "n is not used: its type must be one of"),
        ({"name": "n", "type": "remap_source"}, "n is not used: its type must be one of"),
        ({"name": "n", "type": "multi_line"}, "n is not used: it has no pattern"),
        ({"name": "n", "type": "multi_line", "pattern": ["x"]}, "n is not used: it has no pattern"),
        ({"name": "n", "type": "exclude_at_match", "pattern": "("}, "n is not used: missing ): ("),
        ({"name": "n", "type": "exclude_at_match", "pattern": "(?=a)"}, "n is not used: invalid"),
    ],
)
def test_a_rule_that_cannot_be_used_is_told_and_left_out(rule, problem: str) -> None:
    good = {"name": "g", "type": "exclude_at_match", "pattern": "x"}
    rules, problems = compile_rules(map(json.dumps, [good, rule]))
    (told,) = problems
    assert told.startswith(f"processing rule {problem}")
    assert rules.apply(b"x", is_cut=False) is None
    assert rules.apply(b"y", is_cut=False) == b"y"


def test_without_rules_nothing_is_imported_and_nothing_is_said() -> None:
    assert compile_rules([], load=without_re2) == (NO_RULES, [])


@pytest.mark.parametrize("pattern", ["(", "[", "a{99999999999}", "(?P<1>x)"])
def test_a_bad_pattern_is_told_without_re2_too(pattern: str) -> None:
    rule = {"name": "n", "type": "exclude_at_match", "pattern": pattern}
    rules, problems = compile_rules([json.dumps(rule)], load=without_re2)
    assert rules is NO_RULES
    assert problems[0] == NOT_INSTALLED
    assert problems[1].startswith("processing rule n is not used: ")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("(a+)+$", True),
        ("(a*)*", True),
        ("((a+))*", True),
        ("(a|aa)+", True),
        ("(?:a{1,3}){2,}", True),
        (r"(\w+\s?)*", True),
        ("a+b*c{2,}", False),
        ("(a+)(b+)", False),
        ("(a+)?", False),
        ("(ab)+", False),
        (r"(\(a\)\+)+", False),
        ("([a+*]x)+", False),
        ("([]+]x)+", False),
    ],
)
def test_a_repeated_repetition_is_seen(pattern: str, expected: bool) -> None:
    assert repeats_repetition(pattern) is expected


def test_what_could_take_for_ever_is_refused_without_re2_and_used_with_it() -> None:
    rule = json.dumps({"name": "n", "type": "exclude_at_match", "pattern": "(a+)+$"})
    rules, problems = compile_rules([rule], load=without_re2)
    assert rules is NO_RULES
    assert problems[1:] == [
        "processing rule n is not used: it repeats a repetition or a choice, which needs google-re2"
    ]
    rules, problems = compile_rules([rule])
    assert problems == []
    assert rules.apply(b"a" * 100_000 + b"b", is_cut=False) == b"a" * 100_000 + b"b"
    assert rules.apply(b"a" * 100_000, is_cut=False) is None
