"""Tracers' requests as values: every version of the trace API, and client-computed statistics.

Each decoder takes a whole body and returns values, or raises `errors.Undecodable` with one line
that says what is wrong and where. There are two ways through: the library's typed decoder takes
what nearly every tracer sends, in C. What it refuses goes once more through our own reader
(`unpack`, `lenient`), which is slower, forgives what the Agent forgives, and names the place.
"""

from serverless_init.traces.decode.client_stats import decode_client_stats
from serverless_init.traces.decode.v01 import decode_v01
from serverless_init.traces.decode.v04 import decode_v04, decode_v04_json
from serverless_init.traces.decode.v05 import decode_v05
from serverless_init.traces.decode.v07 import decode_v07
from serverless_init.traces.decode.v10 import decode_v10

__all__ = [
    "decode_client_stats",
    "decode_v01",
    "decode_v04",
    "decode_v04_json",
    "decode_v05",
    "decode_v07",
    "decode_v10",
]
