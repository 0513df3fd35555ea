"""Parsers of settings that have a structure: lists of mappings, and mappings to rates.

See `serverless_init.config.parse`, of which this is a part. Imported before the app has started.
"""

from serverless_init.config.parse import Parser, as_boolean, as_token, from_json, show_keys_by_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def listed(separator: str | None) -> Parser:
    """A list: a YAML sequence, JSON, or text separated by `separator` (white space when None).

    Unlike `parse.words`, an item may hold what the separator is not.
    """

    def split(text: str) -> object:
        return text.split(separator)

    def convert(raw: object) -> tuple[str, ...]:
        found = _structured(raw, "[", split)
        if not isinstance(found, list | tuple):
            raise ValueError
        items = (str(item).strip() for item in found if not isinstance(item, dict | list))
        return tuple(item for item in items if item)

    how = "white space" if separator is None else f"'{separator}'"
    return Parser(f"a list, as JSON or separated by {how}", convert)


def _objects(raw: object) -> tuple[str, ...]:
    """Each mapping as JSON, so that the value is as frozen as any other."""
    import json

    listed = from_json(raw)
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise ValueError
    return tuple(json.dumps(item, ensure_ascii=False) for item in listed)


def _log_intakes(raw: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """In the form of `keys_by_url`. Names of keys are read in any case, as the Agent does."""
    listed = from_json(raw)
    if not isinstance(listed, list):
        raise ValueError
    found: dict[str, list[str]] = {}
    for item in listed:
        if not isinstance(item, dict):
            raise ValueError
        given = {str(name).lower(): value for name, value in item.items()}
        host, key = as_token(given.get("host")), as_token(given.get("api_key"))
        port, use_ssl = as_token(given.get("port")), as_boolean(given.get("use_ssl", "true"))
        if not host or not key or not (port.isdigit() or not port):
            raise ValueError
        scheme = "" if "://" in host else "https://" if use_ssl else "http://"
        url = f"{scheme}{host.rstrip('/')}{f':{port}' if port else ''}"
        found.setdefault(url, []).append(key)
    return tuple((url, tuple(keys)) for url, keys in found.items())


def _mappings(raw: object) -> tuple[object, ...]:
    """A list whose entries are for others to judge; one mapping is a list of one."""
    raw = from_json(raw)
    if isinstance(raw, dict):
        return (raw,)
    if not isinstance(raw, list | tuple):
        raise ValueError
    return tuple(raw)


def _show_mappings(value: object) -> str:
    assert isinstance(value, tuple)
    names = [
        str(entry.get("name") or entry.get("metric_name"))
        for entry in value
        if isinstance(entry, dict)
    ]
    return f"{len(value)} entries ({', '.join(names)})" if value else ""


def _rules(raw: object) -> tuple[tuple[str, str, str], ...]:
    found = _structured(raw, "[", _refuse)
    if not isinstance(found, list):
        raise ValueError
    return tuple(_rule(each) for each in found)


def _rule(raw: object) -> tuple[str, str, str]:
    if not isinstance(raw, dict) or not raw.get("name") or not raw.get("pattern"):
        raise ValueError
    return str(raw["name"]), str(raw["pattern"]), str(raw.get("repl") or "")


def _rates(raw: object) -> tuple[tuple[str, float], ...]:
    found = _structured(raw, "{", _pairs)
    if not isinstance(found, dict):
        raise ValueError
    rates = tuple((str(key), float(value)) for key, value in found.items())
    if any(not 0 <= rate <= 1 for _, rate in rates):
        raise ValueError
    return rates


def _pairs(text: str) -> object:
    """``service|operation=1,other|operation=0.5`` as a mapping."""
    pairs = [item.partition("=") for item in text.split(",") if item.strip()]
    if not all(separator for _, separator, _ in pairs):
        raise ValueError
    return {key.strip(): value for key, _, value in pairs}


def _names(raw: object) -> tuple[tuple[str, str], ...]:
    found = from_json(raw)
    if not isinstance(found, dict):
        raise ValueError
    return tuple((str(name), str(other)) for name, other in found.items())


def _listen_address(raw: object) -> str:
    """Without a scheme, which clients' variables have and this one has not."""
    address = as_token(raw)
    host, colon, port = address.rpartition(":")
    if address and (not colon or not port.isdigit() or int(port) > 65535 or "/" in host):
        raise ValueError
    return address


def _refuse(_: str) -> object:
    raise ValueError


def _structured(raw: object, opening: str, otherwise: "Callable[[str], object]") -> object:
    """A YAML value as it is; text as JSON when it begins like it, else as `otherwise` reads it."""
    if raw is None:
        return otherwise("")
    if not isinstance(raw, str):
        return raw
    text = raw.strip()
    text.encode()
    if not text.startswith(opening):
        return otherwise(text)
    return from_json(text)


objects = Parser("a list of mappings", _objects)
log_intakes = Parser(
    "a list of mappings with Host, Port and api_key", _log_intakes, show_keys_by_url
)
mappings = Parser("a list of mappings, in the environment as JSON", _mappings, _show_mappings)
replace_rules = Parser("a list of mappings with name, pattern and repl, as JSON", _rules)
names = Parser("a mapping from names to names, in the environment as JSON", _names)
listen_address = Parser("an address like localhost:4318", _listen_address)
rates = Parser("a mapping to rates from 0 to 1, like service|operation=0.5", _rates)
