"""Which of the twins is in use: the compiled ones, where they have been built and nobody says no.

The only module that chooses, by what `sampler.twin` says of the environment. The Python ones are
the reference.
"""

from typing import TYPE_CHECKING

from serverless_init.sampler import COMPILED as IS_SAMPLER_COMPILED

if TYPE_CHECKING or not IS_SAMPLER_COMPILED:
    from serverless_init.traces.concentrate import Concentrator
    from serverless_init.traces.decode import decode_v04
    from serverless_init.traces.encode_chunk import ChunkEncoder
    from serverless_init.traces.filters import has_own_traffic
    from serverless_init.traces.harmless import HarmlessTags
    from serverless_init.traces.normalize import Normalizer
    from serverless_init.traces.toplevel import mark_top_level, root_of
    from serverless_init.traces.truncate import truncate
else:
    try:
        from serverless_init.traces._fast import (
            ChunkEncoder,
            Concentrator,
            HarmlessTags,
            Normalizer,
            decode_v04,
            has_own_traffic,
            mark_top_level,
            root_of,
            truncate,
        )
    except ModuleNotFoundError:
        from serverless_init.traces.concentrate import Concentrator
        from serverless_init.traces.decode import decode_v04
        from serverless_init.traces.encode_chunk import ChunkEncoder
        from serverless_init.traces.filters import has_own_traffic
        from serverless_init.traces.harmless import HarmlessTags
        from serverless_init.traces.normalize import Normalizer
        from serverless_init.traces.toplevel import mark_top_level, root_of
        from serverless_init.traces.truncate import truncate

COMPILED = ChunkEncoder.__module__ == "serverless_init.traces._fast"

__all__ = [
    "COMPILED",
    "ChunkEncoder",
    "Concentrator",
    "HarmlessTags",
    "Normalizer",
    "decode_v04",
    "has_own_traffic",
    "mark_top_level",
    "root_of",
    "truncate",
]
