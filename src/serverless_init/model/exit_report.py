"""How the app ended: what somebody needs to know who wants to find out why."""

from dataclasses import dataclass

_STOPPED_CODES = (128 + 2, 128 + 15)


@dataclass(frozen=True, slots=True)
class ExitReport:
    """The end of the app.

    `code` is as a shell gives it, 128 + n after signal n, whose name is `signal`, empty when it
    ended by itself. `oom_kills` is how many processes of the container the kernel has killed for
    want of memory; None where the kernel does not count them. `last_lines` are the last ones of
    stderr, as far as they are known. `was_stopped` says that we had been told to stop.
    """

    code: int
    signal: str = ""
    oom_kills: int | None = None
    last_lines: tuple[str, ...] = ()
    was_stopped: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the code is 0."""
        return self.code == 0

    @property
    def is_failure(self) -> bool:
        """Whether it did not succeed, and not because it did what it was told: to stop."""
        return not self.succeeded and not (self.was_stopped and self.code in _STOPPED_CODES)

    @property
    def is_notable(self) -> bool:
        """Whether somebody should hear of it: a failure, or a process killed for want of memory."""
        return self.is_failure or bool(self.oom_kills)

    @property
    def kind(self) -> str:
        """One word for the sort of failure."""
        if self.oom_kills:
            return "OutOfMemory"
        return self.signal or "ExitCode"

    @property
    def error(self) -> str:
        """What went wrong, in the few words that the original has for it."""
        return f"signal: {self.signal}" if self.signal else f"exit status {self.code}"

    @property
    def text(self) -> str:
        """One sentence."""
        if self.signal:
            ended = f"was ended by {self.signal} (exit code {self.code})"
        else:
            ended = f"ended with exit code {self.code}"
        if self.oom_kills:
            some = "a process" if self.oom_kills == 1 else f"{self.oom_kills} processes"
            ended += f"; the kernel killed {some} of this container for want of memory"
        return f"the program {ended}"
