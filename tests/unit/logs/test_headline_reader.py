"""The reader's memory of beginnings."""

import tracemalloc

from serverless_init.logs.headline import HeadlineReader, headline


def test_an_indented_line_is_not_taken_for_what_stood_behind_a_timestamp() -> None:
    """Both were remembered in one place: the indented line became a message of its own."""
    reader, text = HeadlineReader(), b" served the request of /a in 5 ms"
    reader.read(b"2024-05-15 14:04:02" + text)
    assert reader.read(text) == headline(text)


def test_a_severity_that_is_known_may_have_a_timestamp_behind_it_or_not() -> None:
    lines = [b"INFO   2024-05-15 14:04:02 x", b"INFO   2024 is a year", b"INFO   127.0.0.1:1"]
    reader = HeadlineReader()
    for line in lines * 2:
        assert reader.read(line) == headline(line)


def test_ever_new_beginnings_do_not_fill_the_memory() -> None:
    reader = HeadlineReader()
    tracemalloc.start()
    for number in range(20_000):
        reader.read(b"word %d and more text behind" % number)
        reader.read(b"2024-05-15 14:04:02 two words %d and more text" % number)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
