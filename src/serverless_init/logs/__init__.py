"""Floor 3: the program's log lines to messages, and messages to payloads."""

from serverless_init.logs.assemble import Assembler, AssemblerOptions
from serverless_init.logs.batch import Batch, Batcher, BatchOptions
from serverless_init.logs.component import Logs
from serverless_init.logs.files import FilesOptions, LogFiles
from serverless_init.logs.lane import LANES, Lane, LaneOptions, Settled
from serverless_init.logs.rules import NO_RULES, Rules, compile_rules
from serverless_init.logs.serialize import LogEncoder, payload_of
from serverless_init.logs.stats import LogsStats

__all__ = [
    "LANES",
    "NO_RULES",
    "Assembler",
    "AssemblerOptions",
    "Batch",
    "BatchOptions",
    "Batcher",
    "FilesOptions",
    "Lane",
    "LaneOptions",
    "LogEncoder",
    "LogFiles",
    "Logs",
    "LogsStats",
    "Rules",
    "Settled",
    "compile_rules",
    "payload_of",
]
