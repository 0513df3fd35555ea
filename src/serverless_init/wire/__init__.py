"""Floor 2: dumb transports and codecs."""

from serverless_init.wire.compress import Codec, CompressStream, choose_codec
from serverless_init.wire.http_client import HttpClient, HttpClientStats
from serverless_init.wire.http_connection import ClientRequest, ClientResponse, Origin, Progress
from serverless_init.wire.http_server import HttpServer, Request, Reset, Response, ServerLimits
from serverless_init.wire.offload import offload
from serverless_init.wire.relay import Relay, RelayStats

__all__ = [
    "ClientRequest",
    "ClientResponse",
    "Codec",
    "CompressStream",
    "HttpClient",
    "HttpClientStats",
    "HttpServer",
    "Origin",
    "Progress",
    "Relay",
    "RelayStats",
    "Request",
    "Reset",
    "Response",
    "ServerLimits",
    "choose_codec",
    "offload",
]
