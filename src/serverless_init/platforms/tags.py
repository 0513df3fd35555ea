"""The tags that the operator configured for all telemetry."""

from collections.abc import Iterable, Iterator

from serverless_init.config import TagSettings


def configured_tags(settings: TagSettings) -> tuple[str, ...]:
    """``env``, ``service`` and ``version``, then ``tags`` and ``extra_tags``.

    As in the original, keys and values are lower-cased, a later tag replaces an earlier one of the
    same key, and a tag without a colon is left out.
    """
    unified = (("env", settings.env), ("service", settings.service), ("version", settings.version))
    merged = {key: value.lower() for key, value in unified if value}
    merged.update(_pairs((*settings.tags, *settings.extra_tags)))
    return tuple(f"{key}:{value}" for key, value in merged.items())


def _pairs(tags: Iterable[str]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        key, colon, value = tag.lower().partition(":")
        if colon:
            yield key, value
