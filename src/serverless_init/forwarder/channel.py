"""One intake with one API key: the requests to it, and what its answers say of the key.

The key stands in no transaction: a request gets it when it is sent, so what waited in the queue
goes out with the key of the moment.
"""

from collections.abc import Callable
from dataclasses import replace

from serverless_init import __version__
from serverless_init.errors import IntakeUnreachable
from serverless_init.forwarder.endpoints import IntakeEndpoint, validation_url
from serverless_init.forwarder.keys import LITERAL, KeyState, KeyStatus, is_fake, state_of_answer
from serverless_init.model import Payload
from serverless_init.wire import ClientRequest, ClientResponse, HttpClient, Origin, Progress

# The version of the intake's protobuf schema that our payloads follow.
_PAYLOAD_SCHEMA = "4.87.0"
_PROTOBUF = "application/x-protobuf"
_KEY_REFUSED = 403
_SELF = (("DD-Agent-Version", __version__), ("User-Agent", f"serverless-init/{__version__}"))


class Channel:
    """The way to one intake. `headers` are put on every payload's request.

    `on_refusal` is called when the intake refuses the key in use.
    """

    def __init__(
        self,
        intake: IntakeEndpoint,
        client: HttpClient,
        *,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.intake = intake
        self.on_refusal: Callable[[], object] = _nothing
        self._client = client
        self._headers = headers
        self._state = KeyState.UNCHECKED if intake.api_key else KeyState.MISSING

    @property
    def ready(self) -> bool:
        """Whether there is a key to send with."""
        return bool(self.intake.api_key)

    @property
    def renewable(self) -> bool:
        """Whether another key may come from where this one came."""
        return self.intake.key_source is not LITERAL

    @property
    def key_status(self) -> KeyStatus:
        """What is known of the key."""
        return KeyStatus(self.intake.url, self.intake.key_ending, self._state)

    def use(self, key: str) -> bool:
        """Send with `key` from now on; whether that is another one."""
        if key == self.intake.api_key:
            return False
        self.intake = replace(self.intake, api_key=key)
        self._state = KeyState.UNCHECKED
        return True

    async def deliver(
        self, payload: Payload, *, timeout_s: float, progress: Progress
    ) -> ClientResponse:
        """The intake's answer to `payload`; raises `IntakeUnreachable`."""
        key = self.intake.api_key
        request = _request(self.intake, payload, self._headers)
        answer = await self._client.send(request, timeout_s=timeout_s, progress=progress)
        if key == self.intake.api_key:
            self._learn(answer.status)
        return answer

    async def validate(self, *, timeout_s: float) -> KeyState:
        """Ask Datadog whether the key is valid; no answer is no verdict."""
        key = self.intake.api_key
        if not key:
            return KeyState.MISSING
        state = KeyState.FAKE if is_fake(key) else await self._asked(key, timeout_s)
        self.learn(key, state)
        return state

    def learn(self, key: str, state: KeyState) -> None:
        """Take note of what is known of `key`, if it still is the one in use."""
        if key == self.intake.api_key:
            self._state = state

    async def _asked(self, key: str, timeout_s: float) -> KeyState:
        scheme, host, port, path = validation_url(self.intake)
        # In a header and not, as by the Agent, in the URL, which proxies write to their logs.
        headers = (("DD-Api-Key", key), *_SELF)
        request = ClientRequest(Origin(scheme, host, port), "GET", path, headers)
        try:
            answer = await self._client.send(request, timeout_s=timeout_s)
        except IntakeUnreachable:
            return KeyState.UNKNOWN
        return state_of_answer(answer.status)

    def _learn(self, status: int) -> None:
        if 200 <= status < 300:
            self._state = KeyState.VALID
        elif status == _KEY_REFUSED:
            self._state = KeyState.INVALID
            self.on_refusal()


def _request(
    intake: IntakeEndpoint, payload: Payload, further: tuple[tuple[str, str], ...]
) -> ClientRequest:
    headers = [("DD-Api-Key", intake.api_key), *_SELF, ("Content-Type", payload.content_type)]
    if payload.content_encoding:
        headers.append(("Content-Encoding", payload.content_encoding))
    if payload.content_type == _PROTOBUF:
        headers.append(("DD-Agent-Payload", _PAYLOAD_SCHEMA))
    headers += [*further, *payload.headers]
    return ClientRequest(
        Origin(intake.scheme, intake.host, intake.port),
        "POST",
        intake.path_prefix + payload.endpoint.route,
        tuple(headers),
        payload.body,
    )


def _nothing() -> None:
    """Nobody renews a key that stands in a setting."""
