"""Obfuscation: every vector of spec/traces-otlp-logs.md sections 8.2 to 8.6."""

import json
import re
from pathlib import Path

import pytest

from serverless_init.traces.addresses import mask
from serverless_init.traces.obfuscate import cards, redis, url
from serverless_init.traces.obfuscate.json_body import JsonObfuscator
from serverless_init.traces.obfuscate.sql import NON_PARSABLE, SqlObfuscator, SqlOptions
from serverless_init.traces.obfuscate.sql_tokens import NotTokens

HERE = Path(__file__).parent
SQL = json.loads((HERE / "sql.json").read_text("utf-8"))["rows"]
OTHER = json.loads((HERE / "obfuscation.json").read_text("utf-8"))
# The table's words for options; what it collects besides is of no use to traces.
OPTIONS = {
    "table_names": {"has_tables": True},
    "replace_digits": {"replaces_digits": True},
    "keep_sql_alias": {"keeps_aliases": True},
    "dollar_quoted_func": {"obfuscates_functions": True},
    "collect_comments": {},
    "collect_commands": {},
}


def options_of(row):
    chosen = {}
    for word in row["options"]:
        name, is_pair, value = word.partition("=")
        chosen.update({name: value} if is_pair else OPTIONS[word])
    return SqlOptions(**chosen)


@pytest.mark.parametrize("row", SQL, ids=lambda row: str(row["no"]))
def test_a_statement_becomes_what_the_table_says(row):
    obfuscator = SqlObfuscator(options_of(row))
    if row["out"].startswith("ERROR: "):
        with pytest.raises(NotTokens, match=re.escape(row["out"].removeprefix("ERROR: "))):
            obfuscator.attempt(row["in"])
        assert obfuscator.obfuscate(row["in"]).text == NON_PARSABLE
        return
    statement = obfuscator.attempt(row["in"])
    assert statement.text == row["out"]
    tables = row.get("extra", "").partition("tables=")[2].split(" ")[0]
    assert ",".join(statement.tables) == tables


@pytest.mark.parametrize(("command", "raw", "resource", "bare"), OTHER["redis"])
def test_a_redis_command_becomes_what_the_table_says(command, raw, resource, bare):
    assert redis.obfuscate(command) == raw
    assert redis.quantize(command) == resource
    assert redis.remove_arguments(command) == bare


@pytest.mark.parametrize(("address", "none", "query", "digits", "both"), OTHER["urls"])
def test_a_url_becomes_what_the_table_says(address, none, query, digits, both):
    assert url.obfuscate(address) == none
    assert url.obfuscate(address, removes_query=True) == query
    assert url.obfuscate(address, removes_digits=True) == digits
    assert url.obfuscate(address, removes_query=True, removes_digits=True) == both


@pytest.mark.parametrize(("body", "plain", "with_lists"), OTHER["json"])
def test_a_body_becomes_what_the_table_says(body, plain, with_lists):
    sql = SqlObfuscator(SqlOptions())
    kept = ("size", "filter", "company_wallet_configuration_id")
    listed = JsonObfuscator(kept, ("sql",), lambda query: sql.obfuscate(query).text)
    assert JsonObfuscator().obfuscate(body) == plain
    assert listed.obfuscate(body) == with_lists


@pytest.mark.parametrize(("value", "without_luhn", "with_luhn"), OTHER["cards"])
def test_a_card_number_is_found_as_the_table_says(value, without_luhn, with_luhn):
    assert cards.is_card(value, has_check_digit=False) is (without_luhn == "masked")
    assert cards.is_card(value, has_check_digit=True) is (with_luhn == "masked")


@pytest.mark.parametrize(("value", "masked"), OTHER["addresses"])
def test_an_address_is_masked_as_the_table_says(value, masked):
    assert mask(value) == masked
