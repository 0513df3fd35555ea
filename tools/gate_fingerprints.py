"""Write gates/fingerprints.json: what each load consists of, so that a change of it is seen."""

import json
from dataclasses import asdict
from pathlib import Path

from serverless_init.gate.experiment import load_experiments
from serverless_init.gate.messages import fingerprint, packets_of
from serverless_init.gate.otlp_messages import requests_of

GATES = Path(__file__).parents[1] / "gates"


def main() -> None:
    """Make every load and note its fingerprint."""
    found = {
        experiment.name: asdict(fingerprint(packets_of(experiment.load)))
        for experiment in load_experiments(str(GATES))
        if experiment.load and experiment.kind == "steady"
    }
    found |= {
        experiment.name: asdict(fingerprint(requests_of(experiment.otlp)))
        for experiment in load_experiments(str(GATES))
        if experiment.otlp
    }
    found = dict(sorted(found.items()))
    (GATES / "fingerprints.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
