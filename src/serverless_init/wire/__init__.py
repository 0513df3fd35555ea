"""Floor 2: dumb transports and codecs."""

from serverless_init.wire.compress import Codec, CompressStream, choose_codec
from serverless_init.wire.http_client import HttpClient, HttpClientStats
from serverless_init.wire.http_connection import ClientRequest, ClientResponse, Origin, Progress
from serverless_init.wire.http_server import HttpServer, Request, Reset, Response, ServerLimits
from serverless_init.wire.offload import offload

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
    "Request",
    "Reset",
    "Response",
    "ServerLimits",
    "choose_codec",
    "offload",
]
