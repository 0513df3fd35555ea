"""Floor 2: dumb transports and codecs."""

from serverless_init.wire.compress import Codec, CompressStream, choose_codec
from serverless_init.wire.http_client import HttpClient, HttpClientStats
from serverless_init.wire.http_connection import ClientRequest, ClientResponse, Origin, Progress
from serverless_init.wire.http_server import HttpServer
from serverless_init.wire.http_values import Request, Reset, Response, ServerLimits
from serverless_init.wire.inflate import inflate
from serverless_init.wire.offload import offload
from serverless_init.wire.proxy import Proxy, ProxyRules, proxy_rules
from serverless_init.wire.refusals import refusal_reason, refusals_by_reason
from serverless_init.wire.relay import Relay, RelayStats
from serverless_init.wire.tls import TlsOptions, tls_options
from serverless_init.wire.turns import LoadedOnce, decode_aside, in_slices

__all__ = [
    "ClientRequest",
    "ClientResponse",
    "Codec",
    "CompressStream",
    "HttpClient",
    "HttpClientStats",
    "HttpServer",
    "LoadedOnce",
    "Origin",
    "Progress",
    "Proxy",
    "ProxyRules",
    "Relay",
    "RelayStats",
    "Request",
    "Reset",
    "Response",
    "ServerLimits",
    "TlsOptions",
    "choose_codec",
    "decode_aside",
    "in_slices",
    "inflate",
    "offload",
    "proxy_rules",
    "refusal_reason",
    "refusals_by_reason",
    "tls_options",
]
