"""The wrapped app as a process, and its output. `pipes` and `tracers` are loaded when asked for."""

from serverless_init.process.child import Terminal, command_line, start_child
from serverless_init.process.exit_code import USAGE, from_wait_status, signal_of
from serverless_init.process.reaper import Reaper
from serverless_init.process.signals import SignalRelay

__all__ = [
    "USAGE",
    "Reaper",
    "SignalRelay",
    "Terminal",
    "command_line",
    "from_wait_status",
    "pipes",
    "signal_of",
    "start_child",
    "tracers",
]
