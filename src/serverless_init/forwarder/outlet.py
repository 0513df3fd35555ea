"""What the forwarders of all signals share: an HTTP client and the keeper of the API keys.

With one client, signals that go to the same host share its connections, name lookups and TLS
context. With one keeper, a key that is fetched is fetched once, and a new one reaches every signal.

A forwarder joins when it is built and leaves when it is closed; the last one closes the client.
"""

from serverless_init.config import IntakeSettings
from serverless_init.forwarder.http import Report
from serverless_init.forwarder.keeper import Keeper
from serverless_init.wire import HttpClient


class Outlet:
    """See the module's text. `report` takes what the keeper has to say."""

    def __init__(
        self, client: HttpClient, *, report: Report, keys: IntakeSettings | None = None
    ) -> None:
        self.client = client
        self.keeper = Keeper(keys or IntakeSettings(), report=report)
        self._report = report
        self._members: set[str] = set()
        self._said: set[str] = set()

    def join(self, name: str) -> None:
        """A forwarder of this name sends through the client from now on."""
        self._members.add(name)

    def leave(self, name: str) -> None:
        """It has ended. Idempotent."""
        self._members.discard(name)
        if not self._members:
            self.client.close()

    def warn_once(self, line: str) -> None:
        """Report what is as true of every signal, but once."""
        if line not in self._said:
            self._said.add(line)
            self._report("warning", line)
