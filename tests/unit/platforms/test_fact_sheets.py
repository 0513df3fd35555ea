"""Each platform's facts, from its example's environment: compared with a sheet that one can read.

``SHEETS=write`` in the environment writes the sheets anew; then read the difference.
"""

import asyncio
import os
from pathlib import Path

import pytest

from serverless_init.config import TagSettings
from serverless_init.platforms import Mode, Place, ask, detect, place_of
from serverless_init.testing import MetadataServer

EXAMPLES = Path(__file__).parents[3] / "examples" / "platforms"
SHEETS = Path(__file__).parents[2] / "vectors" / "platforms"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.env"))
SETTINGS = TagSettings(env="Prod", service="shop", version="1.4", tags=("Team:Berlin",))
SETS = ("metric", "high_cardinality", "enhanced", "usage", "function", "profile")


def environment(name: str, server: MetadataServer) -> dict[str, str]:
    lines = (EXAMPLES / f"{name}.env").read_text().splitlines()
    environ = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    environ |= {k: v for k, v in server.environment.items() if k in environ}
    return environ | {"GCE_METADATA_HOST": server.environment["GCE_METADATA_HOST"]}


async def place(name: str) -> Place:
    with MetadataServer() as server:
        environ = environment(name, server)
        platform = detect(environ, environ.get("DD_SERVERLESS_PLATFORM", ""))
        if name == "kubernetes":  # its answer is a file that only a pod has
            answers = {"namespace": b"shops\n"}
        else:
            answers = await ask(platform.questions(environ))
        return place_of(
            platform, SETTINGS, environ=environ, answers=answers, version="9.9", mode=Mode()
        )


def sheet(found: Place) -> str:
    platform = found.platform
    lines = [
        f"{platform.title} ({platform.name})",
        "",
        f"recognised by    {' and '.join(platform.variables) or 'its name alone'}",
        f"origin           {platform.origin}",
        f"grace window     {platform.grace_s:g} s",
        f"source of logs   {platform.log_source}",
        f"metrics          {platform.metric_prefix}",
        f"legacy metrics   {platform.legacy_prefix or '-'}",
        f"usage            {platform.usage_suffix or '-'}",
        f"ends by itself   {'yes' if platform.job else 'no'}",
    ]
    for name in SETS:
        tags = getattr(found.tags, name)
        lines += ["", name.replace("_", " "), *(f"  {tag}" for tag in sorted(tags))]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("name", NAMES)
def test_a_platform_is_what_its_sheet_says(name: str) -> None:
    found = asyncio.run(place(name))
    path = SHEETS / f"{name}.txt"
    if os.environ.get("SHEETS") == "write":
        path.write_text(sheet(found))
    assert sheet(found) == path.read_text()
    assert found.unanswered == ()
    assert set(found.tags.full) == {*found.tags.metric, *found.tags.high_cardinality}


def test_every_sheet_has_its_example() -> None:
    assert sorted(path.stem for path in SHEETS.glob("*.txt")) == NAMES
