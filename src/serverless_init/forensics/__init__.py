"""Floor 3: how the app ended, found out at its end and told to whoever passes it on."""

from serverless_init.forensics.component import AppEnd, Forensics
from serverless_init.forensics.tail import StderrTail

__all__ = ["AppEnd", "Forensics", "StderrTail"]
