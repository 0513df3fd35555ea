"""One replicate of an experiment: everything started afresh, one number per series at its end."""

import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from serverless_init.gate.experiment import Experiment, Tier
from serverless_init.gate.observe import Observer
from serverless_init.gate.processes import (
    LOGS_ROUTE,
    Generator,
    ReplicateFailed,
    Running,
    Sink,
    receipt_of,
    wait_for,
)

Series = dict[str, float]

_SAMPLE_S = 1.0
# The target must have imported itself before an idle or loaded time begins.
_SETTLED_AFTER_S = 1.5
_SENDS_AND_ENDS = """
import socket, sys, time
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.connect(sys.argv[1])
for n in range(int(sys.argv[2])):
    client.send(b"gate.shutdown.%d:1|c|#env:gate,n:%d" % (n, n % 7))
print(time.time_ns(), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where programs come from: `target_bin` is judged, `own_bin` drives it. `environ` is ours."""

    target_bin: str
    own_bin: str
    environ: Mapping[str, str]

    @property
    def cpus(self) -> tuple[int | None, int | None]:
        """The target's CPU, and that of everything else; nothing is pinned on a single one."""
        cpus = sorted(os.sched_getaffinity(0))
        return (cpus[0], cpus[1]) if len(cpus) > 1 else (None, None)


def run_replicate(experiment: Experiment, tier: Tier, place: Place) -> Series:
    """Run it once. Raises `ReplicateFailed`."""
    run: Callable[[Experiment, Tier, Place, str], Series] = {
        "steady": _steady,
        "startup": _startup,
        "shutdown": _shutdown,
    }[experiment.kind]
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        try:
            return run(experiment, tier, place, folder)
        except (OSError, ValueError, KeyError) as error:
            raise ReplicateFailed(f"{experiment.name}: {error!r}") from error


def _steady(experiment: Experiment, tier: Tier, place: Place, folder: str) -> Series:
    target_cpu, other_cpu = place.cpus
    with Sink(place.own_bin, place.environ, cpu=other_cpu) as sink:
        port = _free_udp_port()
        environ = _settings(experiment, place, sink, folder, port)
        if experiment.logs is not None:
            sink.delay(LOGS_ROUTE, experiment.logs.response_delay_ms)
        sender, writer = _generators(experiment, tier, place, folder, port)
        command = [os.path.join(place.target_bin, "serverless-init"), "sleep", "86400"]
        with Running(command, environ, cpu=target_cpu, stderr=f"{folder}/stderr") as target:
            wait_for(_socket(folder, "uds"))
            time.sleep(_SETTLED_AFTER_S)
            observer = Observer(target.process.pid, sink.port)
            sent, written = _observe(observer, tier, sender, writer)
            exit_s = target.terminate()
            receipt = receipt_of(target)
        totals = sink.totals()
    observed = observer.observed
    series: Series = {
        "total_pss_bytes": max(observed.pss),
        "total_rss_bytes": max(observed.rss),
        "pss_growth_bytes": _growth(observed.pss),
        "connection.current": max(observed.connections),
        "avg(total_cpu_usage_millicores)": max(1e-3, 1000 * observed.cpu_s / observed.seconds),
        "total_bytes_received": totals["bytes"],
        "exit_ms": 1000 * exit_s,
        **_account(receipt, totals, 0 if experiment.otlp else sent.get("samples", 0)),
        **_otlp_account(experiment, receipt, sent),
        **_log_account(receipt, written),
    }
    if sent:
        series["bytes_per_second"] = sent["bytes"] / sent["seconds"]
        series["packets_per_second"] = sent["packets"] / sent["seconds"]
        share = observed.seconds / sent["seconds"]
        series["cpu_ns_per_message"] = 1e9 * observed.cpu_s / max(1, sent["messages"] * share)
    return series


def _generators(
    experiment: Experiment, tier: Tier, place: Place, folder: str, port: int
) -> tuple[Generator | None, Generator | None]:
    """The sender of packets and the writer of files, as far as the experiment has them."""
    _, cpu = place.cpus
    python = os.path.join(place.own_bin, os.path.basename(sys.executable))
    seconds = tier.warmup_s + tier.duration_s
    load, logs, otlp = experiment.load, experiment.logs, experiment.otlp
    sender = writer = None
    if load is not None:
        udp = ("127.0.0.1", port)
        address = udp if load.transport == "udp" else _socket(folder, load.transport)
        orders = {"load": asdict(load), "address": address, "seconds": seconds}
        sender = Generator(python, place.environ, "sender", orders, cpu=cpu)
    if otlp is not None:
        orders = {"load": asdict(otlp), "port": port, "seconds": seconds}
        sender = Generator(python, place.environ, "otlp_sender", orders, cpu=cpu)
    if logs is not None:
        os.mkdir(_logs_folder(folder))
        orders = {"load": asdict(logs), "folder": _logs_folder(folder), "seconds": seconds}
        writer = Generator(python, place.environ, "log_files", orders, cpu=cpu)
    return sender, writer


def _observe(
    observer: Observer, tier: Tier, sender: Generator | None, writer: Generator | None
) -> tuple[Series, Series]:
    """Sample through the warm-up and the measured time; what was sent, and what was written."""
    generators = [generator for generator in (sender, writer) if generator is not None]
    for generator in generators:
        generator.go()
    began = time.monotonic()
    time.sleep(tier.warmup_s)
    observer.begin()
    while time.monotonic() - began < tier.warmup_s + tier.duration_s:
        observer.sample()
        time.sleep(_SAMPLE_S)
    observer.end()
    sent: Series = {}
    written: Series = {}
    if sender is not None:
        with sender:
            sent = sender.done()
    if writer is not None:
        with writer:
            written = writer.done()
    return sent, written


def _startup(experiment: Experiment, tier: Tier, place: Place, folder: str) -> Series:
    """Milliseconds from exec to the app's first instruction, ours beyond those of the app alone."""
    del tier
    target_cpu, _ = place.cpus
    environ = {**_plain(place), "DD_DOGSTATSD_PORT": "0", **experiment.environment}
    ours = [os.path.join(place.target_bin, "serverless-init")]
    app = ["/bin/date", "+%s%N"]
    beyond = []
    for _ in range(experiment.rounds):
        alone, wrapped = (
            _first_instruction_ms(command, environ, target_cpu, folder)
            for command in (app, ours + app)
        )
        beyond.append(wrapped - alone)
    return {"startup_ms": statistics.median(beyond), "startup_worst_ms": max(beyond)}


def _first_instruction_ms(
    command: list[str], environ: Mapping[str, str], cpu: int | None, folder: str
) -> float:
    began = time.time_ns()
    with Running(command, environ, cpu=cpu, stderr=f"{folder}/stderr") as program:
        told = int(program.line())
        program.wait()
    return (told - began) / 1e6


def _shutdown(experiment: Experiment, tier: Tier, place: Place, folder: str) -> Series:
    """Milliseconds from the app's end to ours, with that many contexts pending."""
    del tier
    target_cpu, other_cpu = place.cpus
    contexts = experiment.load.contexts if experiment.load else 1000
    took = []
    series: Series = {}
    for number in range(experiment.rounds):
        with Sink(place.own_bin, place.environ, cpu=other_cpu) as sink:
            own = f"{folder}/{number}"
            os.mkdir(own)
            environ = _settings(experiment, place, sink, own, 0)
            app = [sys.executable, "-S", "-c", _SENDS_AND_ENDS, _socket(own, "uds"), str(contexts)]
            command = [os.path.join(place.target_bin, "serverless-init"), *app]
            with Running(command, environ, cpu=target_cpu, stderr=f"{own}/stderr") as target:
                app_ended = int(target.line())
                target.wait()
                took.append((time.time_ns() - app_ended) / 1e6)
                receipt = receipt_of(target)
            for name, value in _account(receipt, sink.totals(), contexts).items():
                series[name] = max(value, series.get(name, value))
    return {**series, "exit_ms": statistics.median(took), "exit_worst_ms": max(took)}


def _settings(
    experiment: Experiment, place: Place, sink: Sink, folder: str, port: int
) -> dict[str, str]:
    return {
        **_plain(place),
        "DD_API_KEY": "a" * 32,
        "DD_DD_URL": sink.url,
        "DD_SERVERLESS_RECEIPT": "json",
        "DD_DOGSTATSD_PORT": str(port),
        "DD_APM_RECEIVER_PORT": str(port),
        "DD_DOGSTATSD_SOCKET": _socket(folder, "uds"),
        "DD_DOGSTATSD_STREAM_SOCKET": _socket(folder, "uds_stream"),
        **_log_settings(experiment, folder),
        **_otlp_settings(experiment, port),
        **experiment.environment,
    }


def _log_settings(experiment: Experiment, folder: str) -> dict[str, str]:
    if experiment.logs is None:
        return {}
    return {"DD_LOGS_ENABLED": "true", "DD_SERVERLESS_LOG_PATH": f"{_logs_folder(folder)}/*.log"}


def _otlp_settings(experiment: Experiment, port: int) -> dict[str, str]:
    """OTLP has the port of that number which tracers have otherwise."""
    if experiment.otlp is None:
        return {}
    return {
        "DD_APM_RECEIVER_PORT": "0",
        "DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT": f"127.0.0.1:{port}",
        "DD_OTLP_CONFIG_LOGS_ENABLED": "true",
    }


def _logs_folder(folder: str) -> str:
    return f"{folder}/logs"


def _plain(place: Place) -> dict[str, str]:
    """Our environment without anything that would be a setting."""
    foreign = ("DD_", "PYTHON")
    return {k: v for k, v in place.environ.items() if not k.startswith(foreign)}


def _account(receipt: dict[str, object], totals: dict[str, int], sent: float) -> Series:
    """What the target says became of what was sent, held against sender and sink."""
    accepted, delivered = (float(str(receipt[name])) for name in ("accepted", "delivered"))
    return {
        "missed_samples": sent - accepted if sent else 0.0,
        "lost_samples": accepted - delivered,
        "missing_payloads": float(str(receipt["payloads"])) - totals["payloads"],
        "kernel_drops": float(str(receipt["kernel_drops"] or 0)),
    }


def _log_account(receipt: dict[str, object], written: Series) -> Series:
    """The same of lines; nothing when no file was written."""
    if not written:
        return {}
    signals = receipt["signals"]
    assert isinstance(signals, dict), "the receipt has accounts by signal"
    logs = signals["logs"]
    return {
        "missed_lines": written["lines"] - logs["accepted"],
        "lost_lines": float(logs["accepted"] - logs["delivered"]),
        "log_bytes_per_second": written["bytes"] / written["seconds"],
    }


def _otlp_account(experiment: Experiment, receipt: dict[str, object], sent: Series) -> Series:
    """The same of points, log records or spans; requests that were not answered with 200."""
    if experiment.otlp is None:
        return {}
    signals = receipt["signals"]
    assert isinstance(signals, dict), "the receipt has accounts by signal"
    name = {"metrics": "metrics", "logs": "logs", "traces": "spans"}[experiment.otlp.signal]
    account = receipt if name == "metrics" else signals[name]
    accepted, delivered = (float(str(account[key])) for key in ("accepted", "delivered"))
    return {
        "missed_items": sent["samples"] - accepted,
        "lost_items": accepted - delivered,
        "failed_requests": sent["failures"],
        "items_per_second": sent["samples"] / sent["seconds"],
    }


def _growth(samples: list[int]) -> float:
    """By how much the last third is larger than the one before it: what a leak shows."""
    third = max(1, len(samples) // 3)
    return statistics.fmean(samples[-third:]) - statistics.fmean(
        samples[-2 * third : -third] or samples
    )


def _socket(folder: str, transport: str) -> str:
    return f"{folder}/{transport}.sock"


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
