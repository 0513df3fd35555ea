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
else:
    try:
        from serverless_init.traces._fast import ChunkEncoder, Concentrator, decode_v04
    except ModuleNotFoundError:
        from serverless_init.traces.concentrate import Concentrator
        from serverless_init.traces.decode import decode_v04
        from serverless_init.traces.encode_chunk import ChunkEncoder

COMPILED = ChunkEncoder.__module__ == "serverless_init.traces._fast"

__all__ = ["COMPILED", "ChunkEncoder", "Concentrator", "decode_v04"]
