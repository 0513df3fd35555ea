"""Pieces of the programs that tests wrap."""

# For a program that wants to do something only when everything of ours runs.
WAIT_UNTIL_READY = """
import http.client, os, time
def is_ready():
    try:
        probe = http.client.HTTPConnection("127.0.0.1", int(os.environ["DD_HEALTH_PORT"]))
        probe.request("GET", "/ready")
        return probe.getresponse().status == 200
    except OSError:
        return False
give_up_at = time.monotonic() + 20
while not is_ready():
    time.sleep(0.01)
    assert time.monotonic() < give_up_at
"""
