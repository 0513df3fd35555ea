"""What may identify a person or open a door is taken out of spans, and their names stay few."""

from serverless_init.traces.obfuscate.obfuscator import Obfuscator

__all__ = ["Obfuscator"]
