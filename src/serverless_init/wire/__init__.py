"""Floor 2: dumb transports and codecs."""

from serverless_init.wire.compress import Codec, CompressStream, choose_codec
from serverless_init.wire.http_client import HttpClient, HttpClientStats
from serverless_init.wire.http_connection import ClientRequest, ClientResponse, Origin, Progress
from serverless_init.wire.http_server import HttpServer
from serverless_init.wire.http_values import Request, Reset, Response, ServerLimits
from serverless_init.wire.inflate import inflate
from serverless_init.wire.offload import offload
from serverless_init.wire.proxy import Proxy, ProxyRules, proxy_rules
from serverless_init.wire.relay import Relay, RelayStats
from serverless_init.wire.tls import TlsOptions, tls_options

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
    "inflate",
    "offload",
    "proxy_rules",
    "tls_options",
]
