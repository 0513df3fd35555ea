"""Which intake gets series and distributions in which format.

Intakes that take the same format share one pass over the values, so there are two passes at most.
The URL that counts is the one in the settings, whatever the forwarder makes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from serverless_init.config import SerializerSettings


class Format(Enum):
    """A format of series; of distributions there are the last two."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"


@dataclass(frozen=True, slots=True)
class Destination:
    """An intake: its URL as the settings have it, and whether Datadog owns it."""

    url: str
    is_datadog: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """One format and the URLs of the intakes that take it; None is all that there are."""

    format: Format
    urls: frozenset[str] | None = None

    def is_for(self, url: str) -> bool:
        """Whether the intake of that URL gets what this pass makes."""
        return self.urls is None or url in self.urls


@dataclass(frozen=True, slots=True)
class Passes:
    """The passes over series and over distributions. The first destination is the main one."""

    settings: SerializerSettings
    destinations: tuple[Destination, ...] = ()
    v3_possible: bool = True

    @property
    def any_v3(self) -> bool:
        """Whether anything goes anywhere as v3."""
        return any(one.format is Format.V3 for one in (*self.of_series, *self.of_sketches))

    def without_v3(self) -> "Passes":
        """The same where v3 is not possible: v2 takes its place."""
        return replace(self, v3_possible=False)

    @property
    def of_series(self) -> tuple[Pass, ...]:
        """The passes over series, first that for the main intake.

        With `use_v2_api.series` off everything is v1, whatever is said of v3. A URL in
        `serializer_experimental_use_v3_api.series.endpoints` is v3; else one in
        `use_v3_api.series.endpoints` is what is said there; else `use_v3_api.series.enabled` is.
        """
        settings = self.settings
        if not settings.use_v2_series:
            return (Pass(Format.V1),)
        modes = dict(settings.v3_series_modes)

        def takes_v3(destination: Destination) -> bool:
            if destination.url in settings.v3_series_urls:
                return True
            mode = modes.get(destination.url, settings.v3_series)
            return destination.is_datadog if mode == "datadog_only" else mode == "true"

        return self._passes(takes_v3)

    @property
    def of_sketches(self) -> tuple[Pass, ...]:
        """The same for distributions, for which only the list of their URLs counts."""
        urls = self.settings.v3_sketch_urls
        return self._passes(lambda destination: destination.url in urls)

    def _passes(self, takes_v3: Callable[[Destination], bool]) -> tuple[Pass, ...]:
        """One pass for each format that is taken, in the order of the destinations."""
        is_v3 = {one.url: self.v3_possible and takes_v3(one) for one in self.destinations}
        formats = dict.fromkeys(Format.V3 if v3 else Format.V2 for v3 in is_v3.values())
        if len(formats) < 2:
            return tuple(Pass(one) for one in formats) or (Pass(Format.V2),)
        return tuple(
            Pass(one, frozenset(url for url, v3 in is_v3.items() if v3 == (one is Format.V3)))
            for one in formats
        )
