"""SIGIO tells us of packets before the event loop runs, and never reaches the app for it."""

import socket
import threading

import pytest

from serverless_init.start import Start


@pytest.mark.usefixtures("signals_as_before")
def test_switching_it_off_under_traffic_passes_no_signal_on() -> None:
    """A packet between two steps of switching off raised SIGIO for the app, which ended it."""
    off = {"DD_DOGSTATSD_PORT": "0", "DD_APM_RECEIVER_PORT": "0"}
    start = Start(off, ["app"], local=False)
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.setblocking(False)
    start.reception.add_datagrams(receiver)
    start.relay.install()
    done = threading.Event()

    def flood() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(receiver.getsockname())
            while not done.is_set():
                client.send(b"a:1|c")

    sender = threading.Thread(target=flood)
    sender.start()
    try:
        toggles = 0
        while toggles < 500:
            start.read_meanwhile(True)
            start.read_meanwhile(False)
            # The sender needs a moment; only switching under traffic counts.
            toggles += start.reception.take(1000) is not None
        assert start.relay.waiting == ()
    finally:
        done.set()
        sender.join()
        start.reception.close()
