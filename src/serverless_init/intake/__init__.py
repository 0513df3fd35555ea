"""Floor 4: the fake Datadog, hosted by ``--local``, by the tests and by the gates."""

from serverless_init.intake.component import Intake, serve, style_of
from serverless_init.intake.faults import ANY_ROUTE, FaultStep
from serverless_init.intake.layout import Style
from serverless_init.intake.quantile import quantile
from serverless_init.intake.report import render
from serverless_init.intake.store import Store, StoreBounds
from serverless_init.intake.views import Selection, Snapshot

__all__ = [
    "ANY_ROUTE",
    "FaultStep",
    "Intake",
    "Selection",
    "Snapshot",
    "Store",
    "StoreBounds",
    "Style",
    "quantile",
    "render",
    "serve",
    "style_of",
]
