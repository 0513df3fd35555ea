"""Floor 3: whether we live and are ready, for a platform's probes."""

from serverless_init.health.component import Health
from serverless_init.health.vitals import Vitals

__all__ = ["Health", "Vitals"]
