"""The receipt: one line at the end that accounts for every sample.

Unit: a sample is one value, one event or one service check; a line that cannot be parsed and a
packet that was cut count as one. The law: ``accepted = delivered + dropped + held``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of everything this run accepted.

    `late` names the components that the deadline cut off. `kernel_drops` counts datagrams that the
    kernel discarded before we could accept them, None where it does not say. `final` is false for
    the receipt printed when the app outlives the grace window.
    """

    accepted: int
    delivered: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    payloads: int = 0
    bytes_sent: int = 0
    kernel_drops: int | None = None
    late: tuple[str, ...] = ()
    drain_s: float = 0.0
    exit_code: int | None = None
    final: bool = True

    @property
    def balanced(self) -> bool:
        """Whether the law holds."""
        return self.accepted == self.delivered + self.dropped_total + self.held

    @property
    def dropped_total(self) -> int:
        """All drops together."""
        return sum(self.dropped.values())

    @property
    def lossless(self) -> bool:
        """Whether everything that was sent to us has been delivered, as far as anybody knows."""
        return not (self.dropped_total or self.held or self.kernel_drops or self.late)

    def text(self) -> str:
        """The receipt as a person reads it."""
        reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(self.dropped.items()))
        parts = [
            f"accepted {self.accepted} = delivered {self.delivered}"
            f" + dropped {self.dropped_total}{f' ({reasons})' if reasons else ''}"
            f" + held {self.held}",
            f"{self.payloads} payloads, {self.bytes_sent} bytes",
        ]
        if not self.balanced:
            parts.append("THE ACCOUNT DOES NOT BALANCE: please report this")
        if self.kernel_drops:
            parts.append(f"the kernel dropped {self.kernel_drops} datagrams before they were read")
        if self.late:
            parts.append(f"out of time: {', '.join(self.late)}")
        if self.final:
            parts.append(f"drained in {self.drain_s:.3f} s")
        else:
            parts.append("the app still runs")
        if self.exit_code is not None:
            parts.append(f"exit code {self.exit_code}")
        return "; ".join(parts)

    def json(self) -> str:
        """The receipt as one JSON object on one line."""
        return json.dumps(
            {
                "accepted": self.accepted,
                "delivered": self.delivered,
                "dropped": dict(sorted(self.dropped.items())),
                "held": self.held,
                "payloads": self.payloads,
                "bytes_sent": self.bytes_sent,
                "kernel_drops": self.kernel_drops,
                "late": list(self.late),
                "drain_s": round(self.drain_s, 6),
                "exit_code": self.exit_code,
                "final": self.final,
                "balanced": self.balanced,
            }
        )
