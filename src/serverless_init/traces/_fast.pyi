"""What the compiled twin has in the place of the reference, as its kinds of it."""

from serverless_init.model import TraceChunk
from serverless_init.traces import encode_chunk

class ChunkEncoder(encode_chunk.ChunkEncoder): ...

def decode_v04(body: bytes) -> list[TraceChunk]: ...
