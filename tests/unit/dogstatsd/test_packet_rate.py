"""Packets by the second."""

from serverless_init.dogstatsd.packet_rate import PacketRate


def test_the_last_whole_second_and_the_busiest_are_known() -> None:
    rate = PacketRate()
    for packets, second in ((3, 100), (4, 100), (5, 101), (1, 102)):
        rate.count(packets, second)
    assert (rate.last_second, rate.most) == (5, 7)


def test_a_second_without_packets_lies_between() -> None:
    rate = PacketRate()
    rate.count(3, 100)
    rate.count(1, 102)
    assert (rate.last_second, rate.most) == (0, 3)
