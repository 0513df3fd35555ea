from typing import Any

ORDERS = [b"orders:1|c"] * 5


def test_a_value_that_a_setting_cannot_have_is_named_and_replaced(
    program: Any, intake: Any
) -> None:
    wrong = {
        "DD_AGGREGATOR_FLUSH_INTERVAL": "soon",
        "DD_DOGSTATSD_BUFFER_SIZE": "-1",
        "DD_LOG_LEVEL": "chatty",
        "DD_SERIALIZER_COMPRESSOR_KIND": "rar",
        "DD_USE_DOGSTATSD": "perhaps",
    }
    outcome = program.run(program.app("udp", ORDERS), env=wrong)
    assert (outcome.code, outcome.account) == (7, (5, 5, {}))
    assert len(outcome.log) == len(wrong)
    for variable, value in wrong.items():
        (line,) = [line for line in outcome.log if variable in line]
        assert line.startswith(f"WARN config: {variable}='{value}' must be ")
        assert "; using " in line


def test_a_port_that_is_no_port_leaves_the_usual_one(program: Any, intake: Any) -> None:
    outcome = program.run(program.app("stream", ORDERS), env={"DD_DOGSTATSD_PORT": "81250"})
    assert (outcome.code, outcome.account) == (7, (5, 5, {}))
    assert "DD_DOGSTATSD_PORT='81250'" in outcome.log[0]
    assert "using 8125 (default)" in outcome.log[0]


def test_an_intake_url_that_is_none_is_named_and_everything_counted(program: Any) -> None:
    program.deliver_to("intake.example:443")
    outcome = program.run(program.app("udp", ORDERS))
    assert outcome.code == 7
    assert outcome.log[0] == (
        "WARN network: DD_DD_URL='intake.example:443' must start with http:// or https://; "
        "nothing is delivered"
    )
    assert outcome.receipt["delivered"] == 0
    assert sum(outcome.receipt["dropped"].values()) == 5


def test_a_misspelt_variable_gets_the_name_that_was_meant(program: Any, intake: Any) -> None:
    env = {"DD_DOGSTASD_TAGS": "a:b", "DD_SERVCE": "shop", "DD_TRACE_DEBUG": "1"}
    outcome = program.run(program.app("udp", ORDERS), env=env)
    assert outcome.code == 7
    assert outcome.log == [
        "WARN config: unknown setting DD_DOGSTASD_TAGS; did you mean DD_DOGSTATSD_TAGS?",
        "WARN config: unknown setting DD_SERVCE; did you mean DD_SERVICE?",
    ]
