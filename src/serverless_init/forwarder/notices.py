"""What the operator is told about delivery: one line per problem, not one per payload."""

from serverless_init.forwarder.endpoints import IntakeEndpoint

_EVERY_S = 60.0
_EXCERPT_CHARACTERS = 300


class Notices:
    """The lines about one intake; None where silence is right. Times are monotonic seconds.

    A target is announced when it begins to fail and when it works again. Losses that may repeat
    are announced at most once a minute for each kind, with the number left unsaid.
    """

    def __init__(self, intake: IntakeEndpoint) -> None:
        self._intake = intake
        self._failing: set[str] = set()
        self._unreachable = False
        self._key_refused = False
        self._said_at: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def failed(self, target: str, why: str, *, answered: bool) -> str | None:
        """`target` gave no delivery; its payload will be sent again.

        An intake that does not answer is one problem, however many targets it has.
        """
        if target in self._failing or (self._unreachable and not answered):
            return None
        self._failing.add(target)
        self._unreachable = not answered
        return f"cannot deliver to {self._intake.url}{target}, retrying: {self._redacted(why)}"

    def delivered(self, target: str) -> str | None:
        """`target` has taken a payload."""
        self._unreachable = False
        if target not in self._failing:
            return None
        self._failing.discard(target)
        return f"delivering to {self._intake.url}{target} again"

    def cut_off(self, samples: int) -> str:
        """The deadline has come with `samples` not delivered."""
        return f"out of time with {samples} samples not delivered to {self._intake.url}"

    def dropped(self, target: str, reason: str, why: str, now: float) -> str | None:
        """A payload was given up for `reason` after an attempt."""
        if reason == "refused_403":
            return self._key()
        line = f"{self._intake.url}{target}: a payload is dropped: {self._redacted(why)}"
        return self._seldom(f"{reason} {target}", line, now)

    def overflowed(self, payloads: int, now: float) -> str | None:
        """The retry queue was full and `payloads` old ones were dropped."""
        line = f"the retry queue for {self._intake.url} is full, {payloads} old payloads dropped"
        return self._seldom("overflow", line, now)

    def _key(self) -> str | None:
        if self._key_refused:
            return None
        self._key_refused = True
        return (
            f"{self._intake.url} refuses the API key ending in {self._intake.key_ending} (403): "
            "check DD_API_KEY, and that DD_SITE is the key's site. Payloads are dropped"
        )

    def _seldom(self, kind: str, line: str, now: float) -> str | None:
        # The kinds are few: reasons to drop, times routes, and the overflow.
        if kind in self._said_at and now < self._said_at[kind] + _EVERY_S:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return None
        self._said_at[kind] = now
        unsaid = self._unsaid.pop(kind, 0)
        return f"{line} (and {unsaid} times before)" if unsaid else line

    def _redacted(self, text: str) -> str:
        # An answer may quote the request's headers.
        shown = text.replace(self._intake.api_key, "****")
        return " ".join(shown.split())[:_EXCERPT_CHARACTERS] or "no text"
