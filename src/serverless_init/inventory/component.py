"""The component: sends the description of this run at its start, and now and then again."""

import asyncio
import json
import uuid
from collections.abc import Mapping

from serverless_init.clock import Clock
from serverless_init.lifecycle import Drained
from serverless_init.model import METADATA_V1, Payload, PayloadKind, PayloadSink

# The Agent's: an intake forgets whom it has not heard of for an hour or two.
INTERVAL_S = 600.0


class Inventory:
    """The component. `told` is what stays the same; a random UUID tells us from all others."""

    name = "inventory"

    def __init__(
        self,
        told: Mapping[str, str],
        *,
        out: PayloadSink,
        clock: Clock,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._told = {key: value for key, value in told.items() if value}
        self._identity = str(uuid.uuid4())
        self._out = out
        self._clock = clock
        self._interval_s = interval_s
        self._started_ms = int(clock.now() * 1000)
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Send the first description now, and go on."""
        self._submit("startup")
        self._telling = asyncio.create_task(self._go_on_telling(), name="inventory")

    def begin_anew(self) -> None:
        """Be another from now on, and tell it: one of many that begin with the same memory."""
        self._identity = str(uuid.uuid4())
        self._submit("startup")

    async def drain(self, deadline: float) -> Drained:
        """Nothing waits here."""
        del deadline
        self.close()
        return Drained()

    def close(self) -> None:
        """Send no more. Idempotent."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    async def _go_on_telling(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            self._submit("periodic")

    def _submit(self, reason: str) -> None:
        metadata = {
            **self._told,
            "flavor": "serverless-init",
            "report_reason": reason,
            "agent_startup_time_ms": self._started_ms,
        }
        described = {
            "hostname": "",
            "timestamp": int(self._clock.now() * 1e9),
            "agent_metadata": metadata,
            "uuid": self._identity,
        }
        payload = Payload(
            kind=PayloadKind.METADATA,
            endpoint=METADATA_V1,
            body=json.dumps(described).encode(),
            content_type="application/json",
            content_encoding="identity",
            points=0,
            samples=0,
        )
        self._out.submit(payload)
