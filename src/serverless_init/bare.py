"""The modules in C under `socket` and `signal`, for what runs before the app.

Importing the two takes half of all the time that passes before the app starts, nearly all of it to
make enumerations of constants: here these are plain integers. The names and what they do are the
same; a socket has no methods in Python, so there is no ``with`` and no ``accept`` for it, and an
event loop wants a `whole` one. An interpreter without these modules takes the ordinary ones.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    import socket
else:
    try:
        import _signal as signal
        import _socket as socket
    except ModuleNotFoundError:
        import signal
        import socket

__all__ = ["accept", "signal", "socket", "whole"]


def accept(listener: "socket.socket") -> "socket.socket":
    """A connection that waits at `listener`. Raises ``OSError``, also when there is none."""
    fd, _ = listener._accept()  # type: ignore[attr-defined]  # of the class in C, in no stub
    return socket.socket(fileno=fd)


def whole(bare: "socket.socket") -> "socket.socket":
    """An ordinary socket in the place of `bare`, which is closed."""
    from socket import socket as ordinary

    return ordinary(fileno=bare.detach())
