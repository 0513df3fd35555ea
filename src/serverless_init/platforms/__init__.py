"""Floor 3: where we run, told from the environment and the metadata, and the tags that follow."""

from serverless_init.platforms.app_service import APP_SERVICE
from serverless_init.platforms.cloud_run_job import CLOUD_RUN_JOB
from serverless_init.platforms.detect import PLATFORMS, detect
from serverless_init.platforms.http import Patience, ask
from serverless_init.platforms.local import LOCAL
from serverless_init.platforms.micro_vm import MICRO_VM
from serverless_init.platforms.platform import Description, Place, Platform, Question, TagSets
from serverless_init.platforms.tags import Mode, as_mapping, configured_tags, place_of

__all__ = [
    "APP_SERVICE",
    "CLOUD_RUN_JOB",
    "LOCAL",
    "MICRO_VM",
    "PLATFORMS",
    "Description",
    "Mode",
    "Patience",
    "Place",
    "Platform",
    "Question",
    "TagSets",
    "as_mapping",
    "ask",
    "configured_tags",
    "detect",
    "place_of",
]
