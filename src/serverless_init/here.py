"""Where this run is: the platform, asked for its metadata while the app runs, and all tags.

The pipelines are built with what comes of it, so every sample, line and span has all its tags.
Until then packets are read into the backlog and lines wait in their pipes, as while the rest is
imported.
"""

import logging
from collections.abc import Mapping

from serverless_init import __version__
from serverless_init.config import (
    Configuration,
    PlatformSettings,
    TagSettings,
    TraceStatsSettings,
)
from serverless_init.platforms import LOCAL, Mode, Place, ask, detect, place_of

_log = logging.getLogger("serverless_init.platforms")


async def find_place(
    configuration: Configuration, environ: Mapping[str, str], *, sidecar: bool
) -> Place:
    """The place of this run. Takes as long as the metadata's bound at most, and never fails."""
    settings = configuration.of(PlatformSettings)
    platform = detect(environ, "" if settings.name == "auto" else settings.name)
    known = {
        **environ,
        "DD_AZURE_SUBSCRIPTION_ID": settings.azure_subscription_id,
        "DD_AZURE_RESOURCE_GROUP": settings.azure_resource_group,
    }
    place = place_of(
        platform,
        configuration.of(TagSettings),
        environ=known,
        answers=await ask(platform.questions(known)),
        version=__version__,
        mode=Mode(sidecar, configuration.of(TraceStatsSettings).by_backend),
    )
    _tell(place)
    return place


def _tell(place: Place) -> None:
    """Say once what is not as it could be."""
    platform = place.platform
    if platform is LOCAL:
        _log.info(
            "this is none of the platforms that are known: no tags are added, and the grace window "
            "is taken to be %g s",
            platform.grace_s,
        )
    if place.unanswered:
        _log.log(
            logging.WARNING if platform.known_to_original else logging.INFO,
            "%s: no answer to the question for %s: tags that follow from it are missing",
            platform.title,
            ", ".join(place.unanswered),
        )
    for problem in place.problems:
        _log.warning("%s: %s", platform.title, problem)
