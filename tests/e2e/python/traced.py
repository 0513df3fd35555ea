"""A small Flask shop under ddtrace: says which spans it made, serves some requests, and ends.

Arguments: the number of requests, and a file for what was made, as JSON.
"""

import json
import sys
import threading
from http.client import HTTPConnection

from ddtrace import config, tracer
from ddtrace.trace import TraceFilter
from flask import Flask
from werkzeug.serving import make_server

MADE = []
# Werkzeug's own thread asks nobody else.
config.requests.enabled = False


class Recorder(TraceFilter):
    """Notes every span just before it is sent, in the words of the intake."""

    def process_trace(self, trace):
        for span in trace:
            MADE.append(
                {
                    "trace_id": span.trace_id & (2**64 - 1),
                    "span_id": span.span_id,
                    "parent_id": span.parent_id or 0,
                    "service": span.service,
                    "name": span.name,
                    "start_ns": span.start_ns,
                    "duration_ns": span.duration_ns,
                    "error": span.error,
                }
            )
        return trace


tracer.configure(trace_processors=[Recorder()])
shop = Flask("shop")


@shop.get("/orders/<int:number>")
def order(number):
    with tracer.trace("orders.query", service="orders-db", span_type="sql") as span:
        span.resource = f"SELECT * FROM orders WHERE id = {number}"
    if number == 3:
        raise LookupError("no such order")
    return {"number": number}


server = make_server("127.0.0.1", 0, shop)
threading.Thread(target=server.serve_forever, daemon=True).start()
connection = HTTPConnection("127.0.0.1", server.server_port)
for number in range(int(sys.argv[1])):
    connection.request("GET", f"/orders/{number}")
    connection.getresponse().read()
server.shutdown()
tracer.shutdown()
with open(sys.argv[2], "w") as file:
    json.dump(MADE, file)
