from typing import Any


def test_samples_of_further_contexts_are_counted_and_their_names_named(
    program: Any, intake: Any
) -> None:
    packets = [b"metric%d:1|c" % number for number in range(1000)]
    env = {"DD_DOGSTATSD_CONTEXTS_MAX": "100"}
    outcome = program.run(program.app("stream", packets), env=env)
    assert (outcome.code, outcome.account) == (7, (1000, 100, {"contexts_max": 900}))
    assert all(line.startswith("WARN dogstatsd: too many contexts, ") for line in outcome.log)
    # One line when it begins, and one at the end for all that came since.
    assert len(outcome.log) in (1, 2)
    for line in outcome.log:
        names = line.partition("samples are dropped, most of them of: ")[2].partition(";")[0]
        assert all(name.endswith(" 1") for name in names.split(", "))
        assert line.endswith("; of the 100 contexts held, 1 are 'metric0'")
    assert {view.metric for view in intake.snapshot().series} == {
        f"metric{number}" for number in range(100)
    }


def test_the_busiest_refused_name_and_the_tag_that_fills_the_table_are_named(
    program: Any, intake: Any
) -> None:
    packets = [b"requests:1|c|#user:%d,env:x" % number for number in range(200)]
    packets += [b"orders:1|c"] * 5
    env = {"DD_DOGSTATSD_CONTEXTS_MAX": "100"}
    outcome = program.run(program.app("stream", [b"\n".join(packets)]), env=env)
    assert outcome.account == (205, 100, {"contexts_max": 105})
    assert outcome.log == [
        "WARN dogstatsd: too many contexts, samples are dropped, most of them of: 'requests' 100, "
        "'orders' 5; of the 100 contexts held, 100 are 'requests', told apart mostly by the tag "
        "'user'"
    ]


def test_contexts_that_are_known_go_on(program: Any, intake: Any) -> None:
    packets = [b"orders:1|c", b"stranger:1|c", b"orders:1|c|#a", b"orders:1|c"]
    env = {"DD_DOGSTATSD_CONTEXTS_MAX": "1"}
    outcome = program.run(program.app("stream", packets), env=env)
    assert outcome.account == (4, 2, {"contexts_max": 2})
