"""Floor 3: the DogStatsD server."""

from serverless_init.dogstatsd.component import DogStatsD, DogStatsDOptions, DogStatsDStats

__all__ = ["DogStatsD", "DogStatsDOptions", "DogStatsDStats"]
