"""Special tags, extra tags and origin of events and service checks."""

from serverless_init.dogstatsd.events import parse_event, parse_service_check


def test_a_host_tag_gives_the_host_and_is_taken_out():
    event = parse_event(b"_e{1,1}:a|b|#x,host:tagged,y")
    assert (event.host, event.tags) == (b"tagged", (b"x", b"y"))


def test_the_host_field_beats_the_host_tag():
    event = parse_event(b"_e{1,1}:a|b|#host:tagged|h:field")
    check = parse_service_check(b"_sc|up|0|h:field|#host:tagged,x")
    assert (event.host, check.host) == (b"field", b"field")
    assert (event.tags, check.tags) == ((), (b"x",))


def test_our_own_host_is_for_those_who_name_none():
    for fields, host in ((b"#x", b"own"), (b"#host:t", b"t"), (b"#host:", b""), (b"h:f", b"f")):
        event = parse_event(b"_e{1,1}:a|b|" + fields, host=b"own")
        check = parse_service_check(b"_sc|up|0|" + fields, host=b"own")
        assert (event.host, check.host) == (host, host)


def test_an_empty_host_field_says_nothing():
    assert parse_event(b"_e{1,1}:a|b|h:|#host:t", host=b"own").host == b"t"
    assert parse_event(b"_e{1,1}:a|b|h:", host=b"own").host == b"own"


def test_extra_tags_come_last():
    check = parse_service_check(b"_sc|up|0|#b,a", extra_tags=(b"env:x",))
    assert check.tags == (b"b", b"a", b"env:x")
    assert parse_event(b"_e{1,1}:a|b", extra_tags=(b"env:x",)).tags == (b"env:x",)


def test_origin_fields_are_ignored_unless_the_client_may_name_its_origin():
    line = b"_sc|up|0|c:ci-1|e:it-false|card:low|#dd.internal.card:high"
    ignored = parse_service_check(line)
    assert (ignored.local_data, ignored.external_data) == (b"", b"")
    assert (ignored.cardinality, ignored.tags) == (b"high", ())
    honoured = parse_service_check(line, client_origin=True)
    assert (honoured.local_data, honoured.external_data) == (b"ci-1", b"it-false")
    assert (honoured.cardinality, honoured.tags) == (b"low", (b"dd.internal.card:high",))


def test_lengths_count_bytes_before_unescaping():
    event = parse_event("_e{5,6}:é\\na|x\\ny\\n".encode())
    assert (event.title, event.text) == ("é\na".encode(), b"x\ny\n")


def test_a_message_ends_at_the_next_bar():
    assert parse_service_check(b"_sc|up|0|m:a|b|m").message == b"a"


def test_a_long_bad_attribute_is_cut_in_its_warning():
    warnings = []
    parse_event(b"_e{1,1}:a|b|d:" + b"x" * 500, warnings=warnings)
    assert warnings == [f"ignored timestamp {b'x' * 40!r}"]
