"""A metadata server for tests and examples: real sockets, the paths of Google Cloud and of ECS.

The answers have the form of the platforms' documentation, with made-up values.
"""

import json
import threading
from collections.abc import Mapping
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

_GOOGLE = "/computeMetadata/v1"
_ECS = "/v4/3f1c"
_TASK = "arn:aws:ecs:eu-west-1:111122223333:task/shops/158d1c8083dd49d6b527399fd6414f5c"

ANSWERS: Mapping[str, str] = {
    f"{_GOOGLE}/instance/id": "00bf4bf02db9a8e3F1",
    f"{_GOOGLE}/instance/region": "projects/123456789/regions/europe-west1",
    f"{_GOOGLE}/project/project-id": "Example-Shop",
    _ECS: json.dumps(
        {
            "DockerId": "ea32192c8553fbff06c9340478a2ff089b2bb5646fb718b4ee206641c9086d66",
            "Name": "checkout",
            "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/checkout:1.4",
            "Limits": {"CPU": 2},
        }
    ),
    f"{_ECS}/task": json.dumps(
        {
            "Cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/shops",
            "TaskARN": _TASK,
            "Family": "checkout",
            "Revision": "7",
            "AvailabilityZone": "eu-west-1b",
            "LaunchType": "FARGATE",
            "Containers": [],
        }
    ),
}


class Fault(Enum):
    """What is wrong with the server."""

    NONE = "none"
    HTML = "html"
    NOT_FOUND = "not_found"
    HANG = "hang"
    REFUSE = "refuse"


class MetadataServer:
    """A context manager: the server answers on `port` while the block runs, as its `fault` lets it.

    `asked` are the paths of all requests so far.
    """

    def __init__(self, fault: Fault = Fault.NONE, answers: Mapping[str, str] = ANSWERS) -> None:
        self.asked: list[str] = []
        self._ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, fault, answers))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._refuses = fault is Fault.REFUSE

    @property
    def environment(self) -> dict[str, str]:
        """What leads a program here, on Google Cloud and on ECS."""
        host = f"127.0.0.1:{self.port}"
        return {
            "GCE_METADATA_HOST": host,
            "ECS_CONTAINER_METADATA_URI_V4": f"http://{host}{_ECS}",
        }

    def __enter__(self) -> "MetadataServer":
        if self._refuses:
            self._server.server_close()
        else:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._refuses:
            return
        self._ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for_end(self) -> None:
        """What a request that is not answered does."""
        self._ending.wait()


def _handler(
    server: MetadataServer, fault: Fault, answers: Mapping[str, str]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            if fault is Fault.HANG:
                server.wait_for_end()
                return
            refused = self.path.startswith(_GOOGLE) and "Metadata-Flavor" not in self.headers
            status, body = 403 if refused else 200, answers.get(self.path)
            if body is None or fault is Fault.NOT_FOUND:
                status, body = 404, "<html><title>404 Not Found</title></html>"
            elif fault is Fault.HTML:
                body = "<html><body>Sign in to continue</body></html>"
            self._answer(status, body.encode())

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
