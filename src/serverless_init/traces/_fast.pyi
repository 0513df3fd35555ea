"""What the compiled twin has in the place of the reference's classes, as its kinds of them."""

from serverless_init.traces import encode_chunk

class ChunkEncoder(encode_chunk.ChunkEncoder): ...
