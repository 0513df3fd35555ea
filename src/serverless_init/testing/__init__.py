"""Floor 5: doubles for tests and gates; real parts wherever a real part is quick enough."""

from serverless_init.testing.clock import ManualClock
from serverless_init.testing.entities import KnownEntities
from serverless_init.testing.intake_thread import IntakeThread
from serverless_init.testing.metadata_server import ANSWERS, Fault, MetadataServer
from serverless_init.testing.ports import free_port, is_listening
from serverless_init.testing.sinks import CollectingSink
from serverless_init.testing.waiting import wait_until

__all__ = [
    "ANSWERS",
    "CollectingSink",
    "Fault",
    "IntakeThread",
    "KnownEntities",
    "ManualClock",
    "MetadataServer",
    "free_port",
    "is_listening",
    "wait_until",
]
