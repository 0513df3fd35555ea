"""Sends a load of OTLP over HTTP, as a process: ``python -m serverless_init.gate.otlp_sender``.

It reads its orders as JSON from stdin: the load, the port, the seconds. It makes all requests, says
``ready``, waits for a line, and sends one after the other over one connection, at the load's rate.
Then it prints what it has sent as JSON. A receiver that does not keep up is sent less.
"""

import http.client
import json
import sys
import time
from dataclasses import asdict

from serverless_init.gate.experiment import OtlpLoad
from serverless_init.gate.otlp_messages import requests_of, stamped
from serverless_init.gate.sender import Sent

_NAP_S = 0.0005
_HEADERS = {"Content-Type": "application/x-protobuf"}
_ANSWER_S = 30.0


def send(load: OtlpLoad, port: int, seconds: float) -> Sent:
    """Send for `seconds`, at most as fast as the load says."""
    requests = requests_of(load)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    sent = Sent()
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        if sent.bytes >= passed * load.bytes_per_second:
            time.sleep(_NAP_S)
            continue
        request = requests[sent.packets % len(requests)]
        body = stamped(request.data, time.time_ns())
        connection.request("POST", f"/v1/{load.signal}", body, _HEADERS)
        with connection.getresponse() as answer:
            sent.failures += answer.status != 200
            answer.read()
        sent.packets += 1
        sent.messages += request.messages
        sent.samples += request.samples
        sent.bytes += len(body)
    sent.seconds = time.monotonic() - began
    connection.close()
    return sent


def main() -> None:
    """Do what stdin's first line says."""
    orders = json.loads(sys.stdin.readline())
    sent = send(OtlpLoad(**orders["load"]), orders["port"], orders["seconds"])
    print(json.dumps(asdict(sent)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
