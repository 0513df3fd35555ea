"""The taxonomy of failures. First question: whose fault?

Malformed input is the sender's and is never raised: it is counted by reason. A late drain is
nobody's and is never raised either: it stands in the report. ``AssertionError`` is ours.
"""


class ServerlessInitError(Exception):
    """Base of everything this program raises on purpose."""


class SettingError(ServerlessInitError):
    """The operator gave a setting a value it cannot have. The default is used instead."""

    def __init__(self, setting: str, value: object, why: str) -> None:
        super().__init__(f"{setting}={value!r} {why}")
        self.setting = setting
        self.value = value
        self.why = why


class ChildNotStarted(ServerlessInitError):
    """The command could not be started. ``exit_code`` is 127 when not found, else 126."""

    def __init__(self, command: str, why: str, exit_code: int) -> None:
        super().__init__(f"cannot start {command!r}: {why}")
        self.exit_code = exit_code


class IntakeUnreachable(ServerlessInitError):
    """No complete HTTP response came: name lookup, connection, TLS, timeout or a broken reply.

    ``phase`` names where: ``dns``, ``connect``, ``proxy``, ``tls``, ``write``, ``read`` or
    ``timeout``.
    """

    def __init__(self, phase: str, why: str) -> None:
        super().__init__(f"{phase}: {why}")
        self.phase = phase


class RequestRefused(ServerlessInitError):
    """A request to one of our servers was wrong; ``status`` is the HTTP status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Undecodable(ServerlessInitError):
    """Bytes that a decoder was given are not what they claim to be."""
