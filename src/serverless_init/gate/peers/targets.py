"""The measured programs: how each is started, with its own defaults, and where it delivers."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from serverless_init import __version__
from serverless_init.gate.peers import fetch
from serverless_init.gate.peers.load import PLAIN, TAGGED
from serverless_init.gate.peers.sinks import GraphiteSink, IntakeSink, Rule, Sink
from serverless_init.gate.programs import CannotMeasure

OURS = "serverless-init"
_KEY = "0" * 32
# Node 23 has dropped a function that statsd calls once.
_UTIL_LOG = "require('util').log ??= console.log;\n"
_STATSD_RULES = (
    Rule(re.compile(r"stats_counts\.(?P<name>[^;]*)(;.*)?"), summed=True),
    Rule(re.compile(r"stats\.gauges\.(?P<name>[^;]*)(;.*)?"), summed=False),
    Rule(re.compile(r"stats\.(timers|sets)\.(?P<name>[^;]*)\.count(;.*)?"), summed=True),
)
_COLLECTD_RULES = (
    Rule(re.compile(r"peer\.statsd\.(derive|gauge)-(?P<name>.*)"), summed=False),
    Rule(re.compile(r"peer\.statsd\.objects-(?P<name>.*)"), summed=True),
    Rule(re.compile(r"peer\.statsd\.latency-(?P<name>.*)-average"), summed=False),
)
_COLLECTD = """\
Hostname "peer"
FQDNLookup false
BaseDir "{folder}"
PIDFile "{folder}/pid"
PluginDir "{root}/usr/lib/collectd"
TypesDB "{root}/usr/share/collectd/types.db"
LoadPlugin statsd
LoadPlugin write_graphite
<Plugin statsd>
  Host "127.0.0.1"
  Port "{port}"
</Plugin>
<Plugin write_graphite>
  <Node "sink">
    Host "127.0.0.1"
    Port "{sink}"
    Protocol "tcp"
    PreserveSeparator true
    StoreRates false
  </Node>
</Plugin>
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run happens: a folder of its own, the UDP port, the port of the sink."""

    folder: str
    port: int
    sink_port: int


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command, its whole environment, and files to be written into the folder before."""

    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A program in one dialect."""

    name: str
    version: str
    dialect: str
    sink: Callable[[str], Sink]
    invocation: Callable[[Place], Invocation]


def targets(cache: str, environ: Mapping[str, str]) -> tuple[list[Target], dict[str, str]]:
    """Us in both dialects, each peer in its own; and why those that cannot be had cannot."""
    found, missing = [ours(TAGGED), ours(PLAIN)], dict[str, str]()
    makers = {"datadog-serverless-compat": _compat, "statsd": _statsd, "collectd": _collectd}
    for name, make in makers.items():
        try:
            found.append(make(cache, environ))
        except CannotMeasure as why:
            missing[name] = str(why)
    return found, missing


def ours(dialect: str) -> Target:
    """We ourselves, as a sidecar: without an app."""

    def invocation(place: Place) -> Invocation:
        environ = {
            "DD_API_KEY": _KEY,
            "DD_DD_URL": f"http://127.0.0.1:{place.sink_port}",
            "DD_DOGSTATSD_PORT": str(place.port),
            "DD_APM_RECEIVER_PORT": str(place.port),
        }
        return Invocation((sys.executable, "-m", "serverless_init"), environ)

    return Target(OURS, __version__, dialect, IntakeSink, invocation)


def _compat(cache: str, environ: Mapping[str, str]) -> Target:
    binary = fetch.compat(cache, environ)

    def invocation(place: Place) -> Invocation:
        """The identity of an Azure Spring app, which needs no metadata server."""
        sink = f"http://127.0.0.1:{place.sink_port}"
        environ = {
            "DD_API_KEY": _KEY,
            "DD_SITE": f".0.1:{place.sink_port}",
            "DD_APM_DD_URL": sink,
            "DD_APM_PROFILING_DD_URL": sink,
            "DD_APM_RECEIVER_PORT": str(place.port),  # a TCP port: both may have the number
            "DD_DOGSTATSD_PORT": str(place.port),
            "ASCSVCRT_SPRING__APPLICATION__NAME": "peer",
        }
        return Invocation((binary,), environ)

    return Target("datadog-serverless-compat", fetch.COMPAT, TAGGED, IntakeSink, invocation)


def _statsd(cache: str, environ: Mapping[str, str]) -> Target:
    main, node = fetch.statsd(cache, environ), fetch.node()

    def invocation(place: Place) -> Invocation:
        loopback = 'address: "127.0.0.1", mgmt_address: "127.0.0.1", graphiteHost: "127.0.0.1"'
        ports = f"port: {place.port}, mgmt_port: {place.port}, graphitePort: {place.sink_port}"
        files = {
            "config.js": f'{{ {loopback}, {ports}, backends: ["./backends/graphite"] }}\n',
            "util_log.js": _UTIL_LOG,
        }
        config, preload = (os.path.join(place.folder, name) for name in files)
        return Invocation((node, "--require", preload, main, config), files=files)

    sink = GraphiteSink
    return Target("statsd", fetch.STATSD, PLAIN, lambda _: sink(_STATSD_RULES), invocation)


def _collectd(cache: str, environ: Mapping[str, str]) -> Target:
    root, version = fetch.collectd(cache, environ)

    def invocation(place: Place) -> Invocation:
        config = _COLLECTD.format(
            folder=place.folder, root=root, port=place.port, sink=place.sink_port
        )
        daemon = os.path.join(root, "usr", "sbin", "collectd")
        command = (daemon, "-f", "-C", os.path.join(place.folder, "collectd.conf"))
        return Invocation(command, files={"collectd.conf": config})

    sink = GraphiteSink
    return Target("collectd", version, PLAIN, lambda _: sink(_COLLECTD_RULES), invocation)
