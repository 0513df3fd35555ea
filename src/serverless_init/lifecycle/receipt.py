"""The receipt: one line at the end that accounts for every sample.

Unit: a sample is one value, one event or one service check; a line that cannot be parsed and a
packet that was cut count as one. The law: ``accepted = delivered + dropped + held``.

With several intakes *delivered* is delivered to the main one. What became of the same payloads at
the others stands beside, an account for each, which balances by itself.

Further signals have an account each, in units of their own: log lines, spans.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from serverless_init.lifecycle.component import Drained

# Dropped because the operator wants it so, or a tracer: counted like everything, and no loss.
UNWANTED = frozenset(
    [
        "baseline",
        "excluded",
        "filtered",
        "not_sampled",
        "own_traffic",
        "resource_ignored",
        "tag_rejected",
        "tag_required",
    ]
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of everything this run accepted.

    `late` names the components that the deadline cut off. `kernel_drops` counts datagrams that the
    kernel discarded before we could accept them, None where it does not say. `final` is false for
    the receipt printed when the app outlives the grace window. `elsewhere` holds the accounts of
    further intakes by name, of the samples that came as far as delivery; `signals` those of further
    signals. `output_bytes_lost` counts what the app wrote faster than its lines could be read.
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
    elsewhere: Mapping[str, Drained] = field(default_factory=dict)
    signals: Mapping[str, Drained] = field(default_factory=dict)
    output_bytes_lost: int = 0

    @property
    def balanced(self) -> bool:
        """Whether the law holds, for every intake and every signal."""
        everywhere = all(account.balanced for account in self._others())
        return self.accepted == self.delivered + self.dropped_total + self.held and everywhere

    @property
    def dropped_total(self) -> int:
        """All drops together."""
        return sum(self.dropped.values())

    @property
    def lossless(self) -> bool:
        """Whether everything that was sent to us has been delivered, as far as anybody knows.

        What a filter has dropped was not to be delivered.
        """
        lost = _lost(self.dropped) or any(_lost(account.dropped) for account in self._others())
        held = self.held or any(account.held for account in self._others())
        return not (lost or held or self.kernel_drops or self.output_bytes_lost or self.late)

    def text(self) -> str:
        """The receipt as a person reads it."""
        parts = [
            _sum(self.accepted, self.delivered, self.dropped, self.held),
            f"{self.payloads} payloads, {self.bytes_sent} bytes",
        ]
        for name, there in self.elsewhere.items():
            parts.append(f"also to {name}: {_told(there)}")
        for name, signal in self.signals.items():
            parts.append(f"{name}: {_told(signal)}")
        if not self.balanced:
            parts.append("THE ACCOUNT DOES NOT BALANCE: please report this")
        if self.kernel_drops:
            parts.append(f"the kernel dropped {self.kernel_drops} datagrams before they were read")
        if self.output_bytes_lost:
            parts.append(f"{self.output_bytes_lost} bytes of output came too fast to be read")
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
                "elsewhere": _as_json(self.elsewhere),
                "signals": _as_json(self.signals),
                "output_bytes_lost": self.output_bytes_lost,
            }
        )

    def _others(self) -> Iterator[Drained]:
        yield from self.elsewhere.values()
        yield from self.signals.values()


def _lost(dropped: Mapping[str, int]) -> int:
    return sum(count for reason, count in dropped.items() if reason not in UNWANTED)


def _as_json(accounts: Mapping[str, Drained]) -> dict[str, object]:
    return {
        name: {
            "accepted": account.accepted,
            "delivered": account.passed_on,
            "dropped": dict(sorted(account.dropped.items())),
            "held": account.held,
        }
        for name, account in accounts.items()
    }


def _told(account: Drained) -> str:
    return _sum(account.accepted, account.passed_on, account.dropped, account.held)


def _sum(accepted: int, delivered: int, dropped: Mapping[str, int], held: int) -> str:
    reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(dropped.items()))
    return (
        f"accepted {accepted} = delivered {delivered}"
        f" + dropped {sum(dropped.values())}{f' ({reasons})' if reasons else ''} + held {held}"
    )
