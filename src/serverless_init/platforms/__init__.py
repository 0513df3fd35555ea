"""Floor 3: where we run, told from the environment alone, and the tags that follow."""

from serverless_init.platforms.detect import DETECTION, LOCAL, detect
from serverless_init.platforms.platform import Description, Place, Platform, Question, TagSets
from serverless_init.platforms.tags import configured_tags

__all__ = [
    "DETECTION",
    "LOCAL",
    "Description",
    "Place",
    "Platform",
    "Question",
    "TagSets",
    "configured_tags",
    "detect",
]
