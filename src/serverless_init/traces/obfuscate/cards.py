"""Numbers of credit cards: whole tag values that look like one."""

import re

_SEPARATORS = str.maketrans("", "", " -")
_SHAPE = re.compile(r"[0-9 -]+")
_PREFIX = re.compile(
    r"1|4|3[4-9]|5[1-5]|62|65|30[0-59]|636|64[4-9]|35(?:2[89]|[3-8][0-9])|5019|6011"
    r"|22(?:2[1-9]|[3-9][0-9])[0-9]{2}|2[3-6][0-9]{4}|27(?:[01][0-9]|20)[0-9]{2}"
    r"|50[0-9]{4}|5[6-8][0-9]{4}|6[0-9]{5}"
)
_DIGITS_MIN, _DIGITS_MAX = 12, 16
_KEYS_KEPT = (
    "_sample_rate _sampling_priority_v1 account_id aws_account error error.msg error.type "
    "error.stack env graphql.field graphql.query graphql.type graphql.operation.name "
    "grpc.code grpc.method grpc.request http.status_code http.method runtime-id out.host "
    "out.port sampling.priority span.type span.name service.name service sql.query version "
    "databricks_job_id databricks_job_run_id databricks_task_run_id "
    "config.spark_app_startTime config.spark_databricks_job_parentRunId"
)
KEYS_KEPT = frozenset(_KEYS_KEPT.split())
"""Tags that are never looked at, besides those that begin with an underscore."""


def is_card(value: str, *, has_check_digit: bool) -> bool:
    """Whether `value` may be a card's number; with `has_check_digit` that must be right too."""
    if not _SHAPE.fullmatch(value):
        return False
    digits = value.translate(_SEPARATORS)
    if not _DIGITS_MIN <= len(digits) <= _DIGITS_MAX or not _PREFIX.match(digits):
        return False
    return not has_check_digit or _is_luhn(digits)


def _is_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
