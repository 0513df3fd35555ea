"""The law of the house, over the whole pipeline with real sockets and a real intake."""

import asyncio
import socket
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.clock import SystemClock
from serverless_init.config import load
from serverless_init.forwarder import IntakeEndpoint
from serverless_init.intake import FaultStep
from serverless_init.intakes import open_outlet
from serverless_init.lifecycle import Lifecycle, Receipt
from serverless_init.pipeline import Pipeline
from serverless_init.platforms import LOCAL, Place, TagSets
from serverless_init.reception import Reception, bind_unix_datagram
from serverless_init.testing import IntakeThread

LINES = st.sampled_from(
    [
        b"a:1|c|#x:y",
        b"a:2:3:4|c",
        b"g:1.5|g",
        b"h:1:2|h|@0.5",
        b"t:3|ms",
        b"d:1|d|@0.1",
        b"s:member|s",
        b"g:1|g|T1600000000",
        b"a:2:nan|c|T1600000000",
        b"h:1|h|T1600000000",
        b"n:nan|g",
        b"broken",
        b"x:1|unknown",
        b"_e{1,1}:a|b",
        b"_e{9,9}:a|b",
        b"_sc|up|0",
        b"_sc|up|9",
        b"",
    ]
)
PACKETS = st.lists(st.lists(LINES, max_size=5).map(b"\n".join), max_size=20)
FAULTS = st.lists(
    st.sampled_from([FaultStep(status=500), FaultStep(status=400), FaultStep(reset=True)]),
    max_size=2,
)
ENVIRONMENT = {"DD_DOGSTATSD_CONTEXTS_MAX": "5", "DD_FORWARDER_STOP_TIMEOUT": "2"}


async def live(
    packets: list[bytes], flushes: list[bool], *intakes: IntakeThread, **settings: str
) -> Receipt:
    clock = SystemClock()
    reception = Reception(packet_bytes_max=100, bytes_max=100_000)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "s")
        reception.add_datagrams(bind_unix_datagram(path, receive_buffer=0))
        endpoints = tuple(
            IntakeEndpoint("http", "127.0.0.1", intake.port, "", "key") for intake in intakes
        )
        configuration = load({**ENVIRONMENT, **settings})
        pipeline = Pipeline(
            configuration,
            reception=reception,
            endpoints=endpoints,
            outlet=open_outlet(configuration, endpoints),
            place=Place(LOCAL, TagSets()),
            clock=clock,
        )
        lifecycle = Lifecycle(pipeline.stages, clock=clock, observe=lambda _: None)
        await lifecycle.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.connect(path)
            client.setblocking(False)
            for number, packet in enumerate(packets):
                await asyncio.get_running_loop().sock_sendall(client, packet)
                if number < len(flushes):
                    await pipeline.aggregator.flush(open_buckets=flushes[number])
                    assert pipeline.receipt().balanced
        reports = await lifecycle.drain(clock.monotonic() + 5)
        lifecycle.close()
        assert all(report.balanced for report in reports.values()), reports
        return pipeline.receipt(reports)


def values(packets: list[bytes]) -> int:
    """How many samples a person counts: values, members, events, checks and broken lines."""
    lines = [line for packet in packets for line in packet.split(b"\n") if line]
    packed = {b"a:2:3:4|c": 3, b"h:1:2|h|@0.5": 2, b"a:2:nan|c|T1600000000": 2}
    return sum(packed.get(line, 1) for line in lines)


@settings(max_examples=40, deadline=None)
@given(PACKETS, st.lists(st.booleans(), max_size=5), FAULTS)
def test_accepted_is_delivered_plus_dropped_whatever_happens(
    packets: list[bytes], flushes: list[bool], faults: list[FaultStep]
) -> None:
    """accepted = delivered + dropped(reason) + held, and held = 0 at the end."""
    packets = [packet for packet in packets if len(packet) <= 100]
    with IntakeThread(faults={"/api/v2/series": faults}) as intake:
        receipt = asyncio.run(live(packets, flushes, intake))
    assert receipt.accepted == values(packets)
    assert receipt.balanced
    assert receipt.held == 0
    assert "out_of_time" not in receipt.dropped


@settings(max_examples=20, deadline=None)
@given(PACKETS, st.lists(st.booleans(), max_size=5))
def test_without_an_intake_everything_is_dropped_for_that_reason(
    packets: list[bytes], flushes: list[bool]
) -> None:
    """delivered = 0, and what was not dropped before is dropped as no_api_key."""
    packets = [packet for packet in packets if len(packet) <= 100]
    receipt = asyncio.run(live(packets, flushes))
    assert receipt.accepted == values(packets) == receipt.dropped_total
    assert receipt.delivered == receipt.held == 0


@settings(max_examples=20, deadline=None)
@given(
    PACKETS, st.lists(st.booleans(), max_size=5), st.booleans(), st.sampled_from([1024, 512_000])
)
def test_each_of_two_intakes_with_formats_of_their_own_has_an_account_that_balances(
    packets: list[bytes], flushes: list[bool], main_is_v3: bool, limit: int
) -> None:
    """accepted = delivered + dropped(reason) + held, for the intake of v2 and for that of v3."""
    packets = [packet for packet in packets if len(packet) <= 100]
    with IntakeThread() as main, IntakeThread() as other:
        v3 = main if main_is_v3 else other
        receipt = asyncio.run(
            live(
                packets,
                flushes,
                main,
                other,
                DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SERIES_ENDPOINTS=v3.url,
                DD_SERIALIZER_EXPERIMENTAL_USE_V3_API_SKETCHES_ENDPOINTS=v3.url,
                DD_SERIALIZER_COMPRESSOR_KIND="none",
                DD_SERIALIZER_MAX_SERIES_UNCOMPRESSED_PAYLOAD_SIZE=str(limit),
            )
        )
        received = [intake.snapshot() for intake in (main, other)]
    assert receipt.accepted == values(packets)
    assert receipt.balanced
    (elsewhere,) = receipt.elsewhere.values()
    assert (elsewhere.passed_on, elsewhere.dropped) == (receipt.delivered, {})
    assert [series.points for series in received[0].series] == [
        series.points for series in received[1].series
    ]
    assert [d.points for d in received[0].distributions] == [
        d.points for d in received[1].distributions
    ]
