"""Which of the twins is in use: the compiled one, where it has been built and nobody says no.

The only module that chooses. Both twins do the same; the compiled one is absent where the package
was installed without a C compiler. ``SERVERLESS_INIT_PURE=1`` in the environment asks for the
Python one, for tests and to find out whether a fault is the twin's.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING or os.environ.get("SERVERLESS_INIT_PURE"):
    from serverless_init.sampler.time_sampler import TimeSampler
else:
    try:
        from serverless_init.sampler._fast import TimeSampler
    except ModuleNotFoundError:
        from serverless_init.sampler.time_sampler import TimeSampler

COMPILED = TimeSampler.__module__ == "serverless_init.sampler._fast"

__all__ = ["COMPILED", "TimeSampler"]
