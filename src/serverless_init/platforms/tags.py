"""The tag sets of a run: what the operator configured, what the platform says, what we add.

Later overrides earlier, as in the original: ``env``, ``service`` and ``version``; then ``tags`` and
``extra_tags``; then what the platform says. Of those, metrics get what tells services apart and not
instances.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from serverless_init.config import TagSettings
from serverless_init.platforms.local import LOCAL
from serverless_init.platforms.platform import (
    UNKNOWN,
    Answers,
    Description,
    Environ,
    Place,
    Platform,
    TagSets,
)

_PROFILE_KEYS = (
    "subscription_id",
    "resource_group",
    "resource_id",
    "replicate_name",  # as the original spells it
    "aca.subscription.id",
    "aca.resource.group",
    "aca.resource.id",
    "aca.replica.name",
    "aas.subscription.id",
    "aas.resource.group",
    "aas.resource.id",
    "_dd.origin",
)


@dataclass(frozen=True, slots=True)
class Mode:
    """How this run differs from others in the same place."""

    sidecar: bool = False
    backend_trace_stats: bool = False


def place_of(
    platform: Platform,
    settings: TagSettings,
    *,
    environ: Environ,
    answers: Answers,
    version: str,
    mode: Mode = Mode(),
) -> Place:
    """Where this run is, once everybody who was asked has answered or has not in time."""
    described = platform.describe(environ, answers)
    unanswered = tuple(q.name for q in platform.questions(environ) if q.name not in answers)
    part = "sidecar" if mode.sidecar else "init"
    configured = dict(_pairs((*settings.tags, *settings.extra_tags)))
    base = _unified(settings) | configured
    full = base | _cloud(platform, described)
    if platform is not LOCAL:
        full[f"_dd.datadog_{part}_version"] = version
    own = {f"datadog_{part}_version": version, "sidecar": str(mode.sidecar).lower()}
    low = {k: v for k, v in full.items() if k not in platform.high_cardinality}
    high = {k: v for k, v in full.items() if k in platform.high_cardinality}
    trace = full | ({"_dd.compute_stats": "1"} if mode.backend_trace_stats else {})
    profile = {key: full[key] for key in _PROFILE_KEYS if key in full}
    if described.function_name:
        profile["functionname"] = described.function_name
    tags = TagSets(
        full=_texts(full),
        metric=_texts(low),
        high_cardinality=_texts(high),
        enhanced=_texts(base | _known(described.enhanced) | own),
        usage=_texts(_known(described.usage) | own),
        trace=_texts(trace),
        function=_texts(configured),
        profile=_texts(profile),
    )
    return Place(platform, tags, unanswered, described.problems)


def configured_tags(settings: TagSettings) -> tuple[str, ...]:
    """``env``, ``service`` and ``version``, then ``tags`` and ``extra_tags``.

    As in the original, keys and values are lower-cased, a later tag replaces an earlier one of the
    same key, and a tag without a colon is left out.
    """
    return _texts(_unified(settings) | dict(_pairs((*settings.tags, *settings.extra_tags))))


def as_mapping(tags: Iterable[str]) -> dict[str, str]:
    """One of the sets by key, as spans want it."""
    return dict(_pairs(tags, lower=False))


def _unified(settings: TagSettings) -> dict[str, str]:
    unified = (("env", settings.env), ("service", settings.service), ("version", settings.version))
    return {key: value.lower() for key, value in unified if value}


def _cloud(platform: Platform, described: Description) -> dict[str, str]:
    """What the platform says, with its origin; a place that is none has none."""
    if platform is LOCAL:
        return {}
    origin = {"origin": platform.origin}
    if platform.known_to_original:
        origin["_dd.origin"] = platform.origin
    return origin | dict(described.tags)


def _known(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value or UNKNOWN for key, value in tags.items()}


def _texts(tags: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{key}:{value}" for key, value in tags.items())


def _pairs(tags: Iterable[str], *, lower: bool = True) -> Iterator[tuple[str, str]]:
    for tag in tags:
        key, colon, value = (tag.lower() if lower else tag).partition(":")
        if colon:
            yield key, value
