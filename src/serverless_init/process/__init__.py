"""The wrapped app as a process: started, signalled, reaped; its exit code is ours."""

from serverless_init.process.child import Terminal, command_line, start_child
from serverless_init.process.exit_code import USAGE, from_wait_status
from serverless_init.process.reaper import Reaper
from serverless_init.process.signals import SignalRelay

__all__ = [
    "USAGE",
    "Reaper",
    "SignalRelay",
    "Terminal",
    "command_line",
    "from_wait_status",
    "start_child",
]
