from typing import Any


def test_samples_of_further_contexts_are_counted_and_their_names_named(
    program: Any, intake: Any
) -> None:
    packets = [b"metric%d:1|c" % number for number in range(1000)]
    env = {"DD_DOGSTATSD_CONTEXTS_MAX": "100"}
    outcome = program.run(program.app("stream", packets), env=env)
    assert (outcome.code, outcome.account) == (7, (1000, 100, {"contexts_max": 900}))
    (line,) = outcome.log
    assert line.startswith("WARN dogstatsd: too many contexts, samples are dropped, among them: ")
    names = line.partition("among them: ")[2].split(", ")
    assert names[0] == "'metric100'"
    assert len(names) <= 10
    assert {view.metric for view in intake.snapshot().series} == {
        f"metric{number}" for number in range(100)
    }


def test_contexts_that_are_known_go_on(program: Any, intake: Any) -> None:
    packets = [b"orders:1|c", b"stranger:1|c", b"orders:1|c|#a", b"orders:1|c"]
    env = {"DD_DOGSTATSD_CONTEXTS_MAX": "1"}
    outcome = program.run(program.app("stream", packets), env=env)
    assert outcome.account == (4, 2, {"contexts_max": 2})
