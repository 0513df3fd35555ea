"""Floor 2: series, sketches, events and service checks become payloads within the limits."""

from serverless_init.serializer import protobuf
from serverless_init.serializer.batch import Batch
from serverless_init.serializer.destinations import Destination
from serverless_init.serializer.events import by_source_type
from serverless_init.serializer.memo import Memo
from serverless_init.serializer.origin import dogstatsd_origin
from serverless_init.serializer.serializer import Serializer
from serverless_init.serializer.split import Codec, Stream
from serverless_init.serializer.stats import SerializerStats

__all__ = [
    "Batch",
    "Codec",
    "Destination",
    "Memo",
    "Serializer",
    "SerializerStats",
    "Stream",
    "by_source_type",
    "dogstatsd_origin",
    "protobuf",
]
