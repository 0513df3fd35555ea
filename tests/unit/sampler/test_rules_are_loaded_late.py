"""What only some runs have rules for is imported by those alone."""

import subprocess
import sys

import pytest

BUILD = """
import json, sys
import serverless_init.main, serverless_init.pipeline
from serverless_init.config import OriginSettings, load
from serverless_init.enriching import enrichment_rules
from serverless_init.dogstatsd import DogStatsD, DogStatsDOptions
from serverless_init.reception import Reception
from serverless_init.sampler import SamplerOptions, TimeSampler
configuration = load(json.loads(sys.argv[1]))
rules = enrichment_rules(configuration, host=b"", tags=())
sampler = TimeSampler(SamplerOptions(enrichment=rules))
named = configuration.of(OriginSettings).by_socket
reception = Reception(packet_bytes_max=512, bytes_max=512, senders_named=named)
DogStatsD(
    reception, sampler=sampler, out=None, extra_tags=(), clock=None, options=DogStatsDOptions()
).close()
late = "sampler.mapper sampler.wildcard sampler.origin sampler.tag_filter"
late += " dogstatsd.containers dogstatsd.cgroup"
print(*(name for name in late.split() if "serverless_init." + name in sys.modules))
"""


@pytest.mark.parametrize(
    ("settings", "loaded"),
    [
        ("{}", []),
        ('{"DD_METRIC_FILTERLIST": "a", "DD_STATSD_METRIC_NAMESPACE": "n"}', []),
        ('{"DD_DOGSTATSD_MAPPER_PROFILES": "[{}]"}', ["sampler.mapper", "sampler.wildcard"]),
        ('{"DD_METRIC_TAG_FILTERLIST": "[{}]"}', ["sampler.tag_filter"]),
        ('{"DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT": "true"}', ["sampler.origin"]),
        (
            '{"DD_DOGSTATSD_ORIGIN_DETECTION": "true"}',
            ["sampler.origin", "dogstatsd.containers", "dogstatsd.cgroup"],
        ),
    ],
)
def test_only_what_is_asked_for_is_imported(settings: str, loaded: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUILD, settings],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == loaded
