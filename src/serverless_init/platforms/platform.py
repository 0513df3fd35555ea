"""A platform as a value: what is known about a kind of place before anybody asks it.

Each platform is one file that reads like a fact sheet: how it is recognised, how long its grace
window is, whom to ask for metadata, and which tags follow. `Place` is one run's: the platform it
is on and the tag sets that follow from its environment, its metadata and the settings. It is made
once, before any component is built, and never changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Environ = Mapping[str, str]
# Bodies of the metadata server's answers, by `Question.name`; what was not answered is missing.
Answers = Mapping[str, bytes]

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """One GET of metadata."""

    name: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """What a platform says of a run, as tags by key.

    `tags` are for everything. `enhanced` and `usage` are for metrics about the container itself;
    of those an empty value becomes ``unknown``. `function_name` is for profiles. `problems` are for
    the operator to mend.
    """

    tags: Mapping[str, str]
    enhanced: Mapping[str, str] = field(default_factory=dict)
    usage: Mapping[str, str] = field(default_factory=dict)
    function_name: str = ""
    problems: tuple[str, ...] = ()


def _nothing_to_ask(environ: Environ) -> tuple[Question, ...]:  # noqa: ARG001
    return ()


@dataclass(frozen=True, slots=True)
class Platform:
    """A kind of place.

    `variables` must all be present, even empty, for it to be recognised. `origin` is its name on
    the wire and may be shared. `grace_s` is the time from SIGTERM to SIGKILL. Metrics about the
    container are named `metric_prefix` + ``enhanced.`` + ...; a few are sent under `legacy_prefix`
    too, and the gauge of running instances ends in `usage_suffix`, empty when there is none.
    `high_cardinality` are the keys of tags that metrics don't get. A `job` ends by itself. Datadog
    has no meaning for an origin that is not `known_to_original`, so there it is an ordinary tag.
    """

    name: str
    title: str
    origin: str
    variables: tuple[str, ...]
    grace_s: float
    describe: Callable[[Environ, Answers], Description]
    questions: Callable[[Environ], tuple[Question, ...]] = _nothing_to_ask
    log_source: str = UNKNOWN
    metric_prefix: str = "datadog.serverless_agent."
    legacy_prefix: str = ""
    usage_suffix: str = "instance"
    high_cardinality: frozenset[str] = frozenset()
    known_to_original: bool = True
    job: bool = False


@dataclass(frozen=True, slots=True)
class TagSets:
    """The tags of one run, each set as ``key:value`` texts, ready to be sent.

    `full` is for logs and events of the platform's own, `trace` for tracer payloads and the job
    span, `metric` (no `high_cardinality`) for DogStatsD and the metrics of legacy names,
    `enhanced` and `usage` for metrics about the container. `function` goes on each tracer payload
    as ``_dd.tags.function``, joined by commas; `profile` are further tags of profiles.
    """

    full: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    high_cardinality: tuple[str, ...] = ()
    enhanced: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    function: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run is: its platform, the tags that follow, and what the operator should know.

    `unanswered` are the names of questions, `problems` are texts.
    """

    platform: Platform
    tags: TagSets
    unanswered: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
