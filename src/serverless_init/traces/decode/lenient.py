"""Trees of plain values as spans, forgiving what the Agent forgives.

Text may come as text or as bytes; nil is the zero of any type; a number tag may be any number, an
identifier may be negative (its two's complement is meant). What is of another type is refused with
the Agent's words: ``attempted to decode type "str" with method for "int" at 0/0/Start``.
"""

from collections.abc import Callable, Iterable
from typing import cast

from serverless_init.errors import Undecodable
from serverless_init.model import (
    AttributeValue,
    Span,
    SpanEvent,
    SpanLink,
    TraceChunk,
)
from serverless_init.traces.decode.unpack import ENTRIES_MAX, Tree

_UINT64_MASK = (1 << 64) - 1
_INT64_MAX = (1 << 63) - 1
_INT32_MAX = (1 << 31) - 1
_FLAGS_SENT = 1 << 31
_KINDS: dict[type, str] = {
    type(None): "nil",
    bool: "bool",
    int: "int",
    float: "float64",
    str: "str",
    bytes: "bin",
    list: "array",
    dict: "map",
    tuple: "ext",
}


class Mismatch(Undecodable):
    """A value is of another type than its field. Whoever knows the field says where."""

    def __init__(self, value: object, wanted: str) -> None:
        kind = _KINDS.get(type(value), "object")
        super().__init__(f'attempted to decode type "{kind}" with method for "{wanted}"')


def text(value: Tree) -> str:
    """Valid UTF-8, whatever was sent."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None:
        return ""
    raise Mismatch(value, "str")


def identifier(value: Tree) -> int:
    """An unsigned 64-bit number."""
    return _whole(value, "uint", -_INT64_MAX - 1, _UINT64_MASK) & _UINT64_MASK


def long(value: Tree) -> int:
    """A signed 64-bit number."""
    return _whole(value, "int", -_INT64_MAX - 1, _INT64_MAX)


def short(value: Tree) -> int:
    """A signed 32-bit number."""
    return _whole(value, "int", -_INT32_MAX - 1, _INT32_MAX)


def number(value: Tree) -> float:
    """Any number but a truth value."""
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mismatch(value, "float64")
    try:
        return float(value)
    except OverflowError:
        raise Mismatch(value, "float64") from None


def boolean(value: Tree) -> bool:
    """A truth value."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise Mismatch(value, "bool")


def sequence(value: Tree) -> list[Tree]:
    """An array of tolerable length."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Mismatch(value, "array")
    if len(value) > ENTRIES_MAX:
        raise Undecodable(f"{len(value)} entries in one array; {ENTRIES_MAX} are allowed")
    return value


def mapping(value: Tree) -> dict[Tree, Tree]:
    """A map of tolerable length."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Mismatch(value, "map")
    if len(value) > ENTRIES_MAX:
        raise Undecodable(f"{len(value)} entries in one map; {ENTRIES_MAX} are allowed")
    return value


def texts(value: Tree) -> dict[str, str]:
    """Tags with text values."""
    return {text(key): text(tag) for key, tag in mapping(value).items()}


def numbers(value: Tree) -> dict[str, float]:
    """Tags with number values."""
    return {text(key): number(tag) for key, tag in mapping(value).items()}


def structs(value: Tree) -> dict[str, bytes] | None:
    """Tags with encoded values; None when there are none."""
    return {text(key): _raw(tag) for key, tag in mapping(value).items()} or None


def links(value: Tree) -> list[SpanLink] | None:
    """The links of a span; None when there are none."""
    return [_link(mapping(each)) for each in sequence(value)] or None


def events(value: Tree) -> list[SpanEvent] | None:
    """The events of a span; None when there are none."""
    return [_event(mapping(each)) for each in sequence(value)] or None


# The key on the wire, the name in error messages, the attribute of `Span`, the conversion.
_SPAN_FIELDS: dict[str, tuple[str, str, Callable[[Tree], object]]] = {
    "service": ("Service", "service", text),
    "name": ("Name", "name", text),
    "resource": ("Resource", "resource", text),
    "trace_id": ("TraceID", "trace_id", identifier),
    "span_id": ("SpanID", "span_id", identifier),
    "parent_id": ("ParentID", "parent_id", identifier),
    "start": ("Start", "start_ns", long),
    "duration": ("Duration", "duration_ns", long),
    "error": ("Error", "error", short),
    "meta": ("Meta", "meta", texts),
    "metrics": ("Metrics", "metrics", numbers),
    "type": ("Type", "type", text),
    "meta_struct": ("MetaStruct", "meta_struct", structs),
    "span_links": ("SpanLinks", "links", links),
    "span_events": ("SpanEvents", "events", events),
}


def span(tree: Tree, place: str) -> Span:
    """The span that `tree`, found at `place`, describes. Unknown keys are ignored."""
    found = Span()
    for key, value in mapping(tree).items():
        field = _SPAN_FIELDS.get(text(key))
        if field is None:
            continue
        name, attribute, convert = field
        try:
            setattr(found, attribute, convert(value))
        except Mismatch as mismatch:
            raise Undecodable(f"{mismatch} at {place}/{name}") from None
    return found


def spans(tree: Tree, place: str) -> list[Span]:
    """The spans of one chunk; nil ones are left out."""
    return [
        span(each, f"{place}/{index}")
        for index, each in enumerate(sequence(tree))
        if each is not None
    ]


def chunks(tree: Tree) -> list[TraceChunk]:
    """An array of arrays of spans."""
    return [TraceChunk(spans(trace, str(index))) for index, trace in enumerate(sequence(tree))]


def _whole(value: Tree, wanted: str, minimum: int, maximum: int) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise Mismatch(value, wanted)
    return value


def _raw(value: Tree) -> bytes:
    """Bytes as they are; text is taken for its bytes."""
    if isinstance(value, bytes):
        return value
    return text(value).encode()


def _link(tree: dict[Tree, Tree]) -> SpanLink:
    flags = tree.get("flags")
    return SpanLink(
        trace_id=identifier(tree.get("trace_id")),
        trace_id_high=identifier(tree.get("trace_id_high")),
        span_id=identifier(tree.get("span_id")),
        attributes=texts(tree.get("attributes")),
        tracestate=text(tree.get("tracestate")),
        flags=0 if flags is None else identifier(flags) & _INT32_MAX | _FLAGS_SENT,
    )


def _event(tree: dict[Tree, Tree]) -> SpanEvent:
    attributes = mapping(tree.get("attributes"))
    return SpanEvent(
        time_ns=identifier(tree.get("time_unix_nano")),
        name=text(tree.get("name")),
        attributes={text(key): _attribute(mapping(value)) for key, value in attributes.items()},
    )


def _attribute(tree: dict[Tree, Tree]) -> AttributeValue:
    """One attribute of an event, as its type number says."""
    kind = short(tree.get("type"))
    if kind == 4:
        items: Iterable[Tree] = sequence(mapping(tree.get("array_value")).get("values"))
        return tuple(_scalar(mapping(item)) for item in items)
    return _scalar(tree)


def _scalar(tree: dict[Tree, Tree]) -> AttributeValue:
    kind = short(tree.get("type"))
    if kind == 1:
        return boolean(tree.get("bool_value"))
    if kind == 2:
        return long(tree.get("int_value"))
    if kind == 3:
        return number(tree.get("double_value"))
    if kind:
        raise Undecodable(f"an event's attribute has the unknown type {kind}")
    return text(tree.get("string_value"))


def as_tree(value: object) -> Tree:
    """What an untyped decoder returned: it returns nothing else."""
    return cast("Tree", value)
