"""Parsers of setting values: from environment text or a YAML value to the field's type.

Imported before the app has started: see `serverless_init.config.declare`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_TRUE = frozenset(("1", "t", "true", "y", "yes", "on"))
_FALSE = frozenset(("0", "f", "false", "n", "no", "off"))
_UNITS_S = (("ms", 1e-3), ("us", 1e-6), ("s", 1.0), ("m", 60.0), ("h", 3600.0))


class Parser:
    """Turns a raw value into a field's type, or raises ``ValueError``: ``must be `` + `expects`.

    `expects` is a noun phrase. It stands in the problem line and in the reference page. `show`,
    when given, makes of a value what is shown of it: of a secret one what may be.
    """

    __slots__ = ("_convert", "expects", "show")

    def __init__(
        self,
        expects: str,
        convert: "Callable[[object], object]",
        show: "Callable[[object], str] | None" = None,
    ) -> None:
        self.expects = expects
        self.show = show
        self._convert = convert

    def __call__(self, raw: object) -> object:
        try:
            return self._convert(raw)
        except ValueError:
            raise ValueError(f"must be {self.expects}") from None


def integer(minimum: int, maximum: int | None = None) -> Parser:
    """A whole number within bounds, both included."""

    def convert(raw: object) -> int:
        return int(_within(int(_digits(raw)), minimum, maximum))

    return Parser(f"a whole number {_bounds(minimum, maximum)}", convert)


def number(minimum: float, maximum: float) -> Parser:
    """A number within bounds, both included; never NaN or infinite."""

    def convert(raw: object) -> float:
        return _within(float(_digits(raw)), minimum, maximum)

    return Parser(f"a number {_bounds(minimum, maximum)}", convert)


def duration(minimum_s: float, maximum_s: float) -> Parser:
    """Seconds: a number, or a number with one unit out of us, ms, s, m, h."""

    def convert(raw: object) -> float:
        word = _digits(raw)
        for unit, scale in _UNITS_S:
            if word.endswith(unit):
                return _within(float(word.removesuffix(unit)) * scale, minimum_s, maximum_s)
        return _within(float(word), minimum_s, maximum_s)

    bounds = _bounds(minimum_s, maximum_s)
    return Parser(f"a duration {bounds} seconds, like 2, 0.5 or 500ms", convert)


def one_of(*choices: str) -> Parser:
    """One of the words, in any case."""

    def convert(raw: object) -> str:
        word = _scalar(raw).lower()
        if word not in choices:
            raise ValueError
        return word

    return Parser(f"one of {', '.join(choices)}", convert)


def boolean_or(*choices: str) -> Parser:
    """One of the words in any case, or a boolean, which is then the word true or false."""

    def convert(raw: object) -> str:
        word = _scalar(raw).lower()
        return word if word in choices else str(as_boolean(raw)).lower()

    return Parser(f"true, false or {' or '.join(choices)}", convert)


def by_url(each: Parser) -> Parser:
    """A mapping from URLs to what `each` parses; one bad entry makes the mapping bad."""

    def convert(raw: object) -> tuple[tuple[str, object], ...]:
        return tuple((_url(url), each(value)) for url, value in _mapping(raw).items())

    return Parser(f"a mapping from an intake's URL to {each.expects}", convert, _show_by_url)


def words(each: Parser | None = None) -> Parser:
    """A list: a YAML sequence, or text separated by spaces or commas.

    `each`, when given, parses each item, whose text is then the parsed value's; one bad item makes
    the list bad.
    """

    def convert(raw: object) -> tuple[str, ...]:
        if isinstance(raw, list | tuple):
            items = tuple(item for item in map(_scalar, raw) if item)
        else:
            items = tuple(_scalar(raw).replace(",", " ").split())
        return tuple(str(each(item)) for item in items) if each else items

    what = f", each {each.expects}" if each else ""
    return Parser(f"a list separated by spaces or commas{what}", convert)


def _scalar(raw: object) -> str:
    """Text without surrounding white space; ``ValueError`` for a mapping, a list or bad UTF-8."""
    if isinstance(raw, dict | list | tuple):
        raise ValueError("not a scalar")
    word = "" if raw is None else str(raw).strip()
    word.encode()
    return word


def _digits(raw: object) -> str:
    """Text that ``int`` and ``float`` read as everybody else does: they accept 1_000 and Arabic."""
    word = _scalar(raw)
    if not word.isascii() or "_" in word:
        raise ValueError
    return word


def _within(value: float, minimum: float, maximum: float | None) -> float:
    """The value, or ``ValueError``; NaN is within nothing."""
    if not value >= minimum or (maximum is not None and value > maximum):
        raise ValueError
    return value


def _bounds(minimum: float, maximum: float | None) -> str:
    if maximum is None:
        return f"of at least {minimum}"
    return f"from {minimum} to {maximum}"


def as_boolean(raw: object) -> bool:
    word = _scalar(raw).lower()
    if word not in _TRUE and word not in _FALSE:
        raise ValueError
    return word in _TRUE


def _line(raw: object) -> str:
    word = _scalar(raw)
    if any(c < " " for c in word):
        raise ValueError
    return word


def as_token(raw: object) -> str:
    """It travels in a header: a quote or a space left in it by a shell would be refused later."""
    word = _scalar(raw)
    if not word.isascii() or not word.isprintable() or any(c in word for c in " '\""):
        raise ValueError
    return word


def _domain(raw: object) -> str:
    word = _scalar(raw).lower().rstrip(".")
    if not word.isascii() or not word.replace("-", "").replace(".", "").isalnum():
        raise ValueError
    return word


def from_json(raw: object) -> object:
    """A value that has a structure: in the environment it is JSON, in a file it is there."""
    if not isinstance(raw, str):
        return raw
    # Asked for only by those who have such a variable.
    import json

    decoded: object
    try:
        decoded = json.loads(raw)
    except RecursionError:
        raise ValueError from None
    return decoded


def _mapping(raw: object) -> "dict[object, object]":
    raw = from_json(raw)
    if not isinstance(raw, dict):
        raise ValueError
    return raw


def _url(raw: object) -> str:
    return as_token(raw).rstrip("/")


def _urls(raw: object) -> tuple[str, ...]:
    """A list of URLs: a YAML sequence, or text separated by spaces or commas."""
    listed = words()(raw)
    assert isinstance(listed, tuple)
    return tuple(url for url in map(_url, listed) if url)


def _route(raw: object) -> str:
    word = as_token(raw)
    if not word.startswith("/") or "?" in word or "#" in word:
        raise ValueError
    return word


def _keys_by_url(raw: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Trimmed, in order, without repetitions; a URL without keys is left out."""
    found: dict[str, dict[str, None]] = {}
    for url, keys in _mapping(raw).items():
        listed = keys if isinstance(keys, list | tuple) else _scalar(keys).split()
        held = found.setdefault(_url(url), {})
        held.update(dict.fromkeys(key for key in map(as_token, listed) if key))
    return tuple((url, tuple(keys)) for url, keys in found.items() if url and keys)


def _show_by_url(value: object) -> str:
    assert isinstance(value, tuple)
    if not value:
        return ""
    # Asked for only by those who have such a variable.
    import json

    return json.dumps(dict(value))


def show_keys_by_url(value: object) -> str:
    assert isinstance(value, tuple)
    return ", ".join(f"{_without_password(url)} ({len(keys)} keys)" for url, keys in value)


def _proxy_url(raw: object) -> str:
    word = as_token(raw)
    scheme, separator, rest = word.partition("://")
    if separator and (scheme.lower() not in ("http", "https") or not rest):
        raise ValueError
    return word if separator or not word else f"http://{word}"


def _without_password(url: object) -> str:
    """What stands before the host may be a password; the path of a proxy says nothing."""
    scheme, separator, rest = str(url).partition("://")
    _, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{'***@' * bool(at)}{host}"


text = Parser("one line of text in UTF-8", _line)
boolean = Parser("true or false", as_boolean)
token = Parser("one word without quotes", as_token)
domain = Parser("a domain without https://, like datadoghq.eu", _domain)
urls = Parser("a list of URLs separated by spaces or commas", _urls)
route = Parser("a path like /api/v2/series", _route)
proxy_url = Parser(
    "the URL of an http or https proxy, like http://proxy:3128", _proxy_url, _without_password
)
keys_by_url = Parser(
    "a mapping from an intake's URL to a list of API keys", _keys_by_url, show_keys_by_url
)
