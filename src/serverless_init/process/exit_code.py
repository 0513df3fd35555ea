"""Exit codes as a shell gives them. Imported before the app has started."""

USAGE = 2
NOT_EXECUTABLE = 126
NOT_FOUND = 127
SIGNAL_BASE = 128


def from_wait_status(status: int) -> int:
    """The app's own code, or 128 + n when signal n ended it.

    The status of a process that has ended has the signal in its low seven bits, else the code in
    its second byte (wait(2)).
    """
    number = status & 0x7F
    return SIGNAL_BASE + number if number else status >> 8


def from_spawn_error(error: OSError) -> int:
    """127 when the command was not found, 126 when it is there but cannot be run."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NOT_FOUND
    return NOT_EXECUTABLE
