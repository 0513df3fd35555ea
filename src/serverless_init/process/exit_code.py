"""Exit codes as a shell gives them. Imported before the app has started."""

USAGE = 2
NOT_EXECUTABLE = 126
NOT_FOUND = 127
SIGNAL_BASE = 128


def signal_of(status: int) -> int:
    """The signal that ended the app, 0 when it ended by itself: the low seven bits (wait(2))."""
    return status & 0x7F


def from_wait_status(status: int) -> int:
    """The app's own code, or 128 + n when signal n ended it.

    The status of a process that ended by itself has the code in its second byte (wait(2)).
    """
    number = signal_of(status)
    return SIGNAL_BASE + number if number else status >> 8


def from_spawn_error(error: OSError) -> int:
    """127 when the command was not found, 126 when it is there but cannot be run."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NOT_FOUND
    return NOT_EXECUTABLE
