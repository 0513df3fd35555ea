"""Floor 3: the DogStatsD server."""

from serverless_init.dogstatsd.component import DogStatsD, DogStatsDStats

__all__ = ["DogStatsD", "DogStatsDStats"]
