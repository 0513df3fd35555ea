"""What a run on a platform sends: its tags on every signal, whatever its metadata server does."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_init.testing import Fault, IntakeThread, MetadataServer, wait_until

Run = Callable[..., "subprocess.CompletedProcess[str]"]

NODE = Path(sys.executable).with_name("node")
EXAMPLES = Path(__file__).parents[2] / "examples" / "platforms"
APP = """
import os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(("127.0.0.1", int(os.environ["DD_DOGSTATSD_PORT"])))
client.send(b"orders:3|c|#payment:card\\nvalue:2.5|d")
client.send(b"_e{4,4}:open|text")
print("a line")
"""
CLOUD_RUN = {"K_SERVICE": "shop", "K_REVISION": "shop-1", "DD_SERVICE": "Web", "DD_ENV": "prod"}
LOW = {
    "env:prod",
    "service:web",
    "origin:cloudrun",
    "_dd.origin:cloudrun",
    "service_name:shop",
    "gcr.service_name:shop",
    "revision_name:shop-1",
    "gcr.revision_name:shop-1",
    "_dd.datadog_init_version:0.1.0",
}
TOLD = {
    "location:europe-west1",
    "gcr.location:europe-west1",
    "project_id:example-shop",
    "gcr.project_id:example-shop",
    "gcr.resource_name:projects/example-shop/locations/europe-west1/services/shop",
}
HIGH = {"container_id:00bf4bf02db9a8e3f1", "gcr.container_id:00bf4bf02db9a8e3f1"}


def sent(intake: IntakeThread) -> dict[str, str]:
    return {
        "DD_API_KEY": "0" * 32,
        "DD_DD_URL": intake.url,
        "DD_LOGS_CONFIG_LOGS_DD_URL": intake.url,
    }


def test_every_signal_has_the_tags_of_the_place(run: Run) -> None:
    with IntakeThread() as intake, MetadataServer() as server:
        environ = {**CLOUD_RUN, **sent(intake), **server.environment, "DD_LOGS_ENABLED": "true"}
        result = run(sys.executable, "-c", APP, env=environ)
        seen = intake.snapshot()
    assert result.returncode == 0
    assert result.stderr == ""
    [orders] = [view for view in seen.series if view.metric == "orders"]
    assert set(orders.tags) == {"payment:card", *LOW, *TOLD}
    [value] = [view for view in seen.distributions if view.metric == "value"]
    assert set(value.tags) == {*LOW, *TOLD}
    [event] = seen.events
    assert set(event.tags) == {*LOW, *TOLD}
    [line] = seen.logs
    assert set(line.tags) == {*LOW, *TOLD, *HIGH}


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.NOT_FOUND, Fault.HANG, Fault.REFUSE])
def test_metadata_that_does_not_come_costs_tags_and_nothing_else(run: Run, fault: Fault) -> None:
    with IntakeThread() as intake, MetadataServer(fault) as server:
        environ = {**CLOUD_RUN, **sent(intake), **server.environment}
        result = run(sys.executable, "-c", APP, env=environ)
        seen = intake.snapshot()
    assert result.returncode == 0
    assert result.stdout == "a line\n"
    [orders] = [view for view in seen.series if view.metric == "orders"]
    assert set(orders.tags) == {"payment:card", *LOW}
    unanswered = (
        "serverless-init WARN platforms: Cloud Run service: no answer to the question for "
        "container_id, location, project_id: tags that follow from it are missing\n"
    )
    assert result.stderr == ("" if fault is Fault.HTML else unanswered)


def test_spans_have_the_tags_of_the_place_and_those_of_the_function(
    run: Run, environment: dict[str, str]
) -> None:
    body = '[[{"service":"a","name":"b","resource":"c","trace_id":7,"span_id":7,"duration":1}]]'
    app = f"""
import http.client
client = http.client.HTTPConnection("127.0.0.1", {environment["DD_APM_RECEIVER_PORT"]})
client.request("PUT", "/v0.4/traces", {body!r}, {{"Content-Type": "application/json"}})
assert client.getresponse().status == 200
"""
    tags = {"DD_TAGS": "team:berlin"}
    with IntakeThread() as intake, MetadataServer() as server:
        environ = {**CLOUD_RUN, **sent(intake), **server.environment, **tags}
        assert run(sys.executable, "-c", app, env=environ).returncode == 0
        [span] = intake.snapshot().spans
    assert span.tracer.tags["_dd.tags.function"] == "team:berlin"
    meta = {f"{key}:{value}" for key, value in span.meta.items()}
    assert meta >= {"team:berlin", *LOW, *TOLD, *HIGH}


def test_the_app_runs_while_metadata_is_awaited(run: Run) -> None:
    tells = "import time; print(time.monotonic_ns())"
    with MetadataServer(Fault.HANG) as server:
        result = run(sys.executable, "-c", tells, env={**CLOUD_RUN, **server.environment})
        ended = time.monotonic_ns()
        assert len(server.asked) == 3
    assert ended - int(result.stdout) > 0.2e9  # its end came after what the questions took


def test_a_sidecar_says_that_it_is_one(start: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    with (
        MetadataServer() as server,
        start("--local", env={**CLOUD_RUN, **server.environment}) as sidecar,
    ):
        wait_until(lambda: len(server.asked) == 3)
        sidecar.terminate()
        _, err = sidecar.communicate(timeout=30)
    assert "_dd.datadog_sidecar_version:0.1.0" in err.decode()
    assert sidecar.returncode == 0


def test_a_place_that_is_none_is_told_once_to_those_who_ask(run: Run) -> None:
    nowhere = {"DD_SERVERLESS_PLATFORM": "local"}
    told = "this is none of the platforms that are known"
    assert run("true", env={**nowhere, "DD_LOG_LEVEL": "info"}).stderr.count(told) == 1
    assert told not in run("true", env=nowhere).stderr


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.env")))
def test_an_example_shows_the_tags_of_its_platform(name: str, environment: dict[str, str]) -> None:
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        [sys.executable, EXAMPLES / "show.py", name],
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    sheet = (Path(__file__).parents[1] / "vectors" / "platforms" / f"{name}.txt").read_text()
    title = sheet.partition(" (")[0]
    assert f"Where this ran: {title}, grace window" in done.stderr
    origin = next(line.split()[1] for line in sheet.splitlines() if line.startswith("origin"))
    assert f"  origin:{origin}\n" in done.stderr
    assert "orders" in done.stderr
    prefix = next(line.split()[1] for line in sheet.splitlines() if line.startswith("metrics"))
    assert f"{prefix}enhanced." in done.stderr


def test_the_tracer_of_an_image_is_loaded_into_a_python_app(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tracers" / "python").mkdir(parents=True)
    tracer = tmp_path / "tracers" / "python" / "sitecustomize.py"
    tracer.write_text("print('the tracer is here')\n")
    result = run(
        sys.executable,
        "-c",
        "print('and the app')",
        env={"DD_SERVERLESS_TRACER_PATH": str(tmp_path / "tracers"), "PYTHONPATH": ""},
    )
    assert result.stdout == "the tracer is here\nand the app\n"


@pytest.mark.usefixtures("node_packages")
def test_the_tracer_of_an_image_is_loaded_into_a_node_app(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    """The program knows nothing of a tracer, and its requests are traced."""
    (tmp_path / "tracers" / "node").mkdir(parents=True)
    packages = Path(__file__).parent / "node" / "node_modules"
    (tmp_path / "tracers" / "node" / "node_modules").symlink_to(packages)
    app = """
const http = require('http');
const server = http.createServer((_, response) => response.end('ok')).listen(0, () => {
  http.get({ port: server.address().port, path: '/orders' }, (response) => {
    response.resume().on('end', () => setTimeout(() => process.exit(0), 1000));
  });
});
"""
    with IntakeThread() as intake:
        environ = {
            **sent(intake),
            "DD_SERVERLESS_TRACER_PATH": str(tmp_path / "tracers"),
            "DD_TRACE_AGENT_PORT": environment["DD_APM_RECEIVER_PORT"],
            "DD_TRACE_FLUSH_INTERVAL": "100",
            "DD_SERVICE": "shop",
        }
        assert run(str(NODE), "-e", app, env=environ).returncode == 0
        spans = intake.snapshot().spans
    assert "web.request" in {span.name for span in spans if span.service == "shop"}


def test_without_a_tracer_the_apps_environment_gets_nothing_of_one(
    run: Run, tmp_path: Path
) -> None:
    tells = "import json, os; print(json.dumps(dict(os.environ)))"
    result = run(
        sys.executable, "-c", tells, env={"DD_SERVERLESS_TRACER_PATH": str(tmp_path / "none")}
    )
    told = json.loads(result.stdout)
    assert not {"NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "CORECLR_PROFILER"} & told.keys()


def test_a_micro_vm_is_told_of_its_life(
    start: Callable[..., "subprocess.Popen[bytes]"],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arn = "arn:aws:lambda:eu-west-1:111122223333:microvm-image:checkout"
    hook = f"http://127.0.0.1:{port}/aws/lambda-microvms/runtime/v1/"

    def told(name: str, body: bytes = b"") -> bool:
        try:
            with urllib.request.urlopen(hook + name, data=body, timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    environ = {"AWS_LAMBDA_MICROVM_IMAGE_ARN": arn, "DD_AWS_MICROVM_LIFECYCLE_PORT": str(port)}
    with IntakeThread() as intake, start("sleep", "60", env={**environ, **sent(intake)}) as vm:
        wait_until(lambda: told("ready"), timeout_s=20)
        assert told("run", b'{"microvmId": "vm-7"}')
        assert told("suspend")
        # Delivered before the answer: a suspended machine delivers nothing.
        names = {view.metric for view in intake.snapshot().distributions}
        vm.terminate()
        assert vm.wait(timeout=30) == 128 + signal.SIGTERM
    prefix = "aws.lambda.enhanced.microvm."
    assert {f"{prefix}run", f"{prefix}suspend", f"{prefix}active_instances"} <= names


@pytest.mark.parametrize(
    ("switches", "sent_once"),
    [
        ({}, False),
        ({"DD_SERVERLESS_INIT_INVENTORY_ENABLED": "true"}, True),
        ({"DD_SERVERLESS_INIT_INVENTORY_ENABLED": "1", "DD_INVENTORIES_ENABLED": "0"}, False),
    ],
)
def test_the_inventory_is_told_only_of_those_who_ask(
    run: Run, switches: dict[str, str], sent_once: bool
) -> None:
    with IntakeThread() as intake, MetadataServer() as server:
        environ = {**CLOUD_RUN, **sent(intake), **server.environment, **switches}
        assert run("true", env=environ).returncode == 0
        agents = intake.snapshot().agents
    assert len(agents) == sent_once
    for agent in agents:
        metadata = {key: json.loads(value) for key, value in agent.metadata}
        assert metadata["workload_type"] == "cloud_run_service"
        assert metadata["deployment_model"] == "in-container"
        assert metadata["dd_service"] == "web"
        assert metadata["install_method_tool"] == "undefined"
        assert "wrapped_command" not in metadata


def test_the_report_shows_what_the_inventory_is_told(run: Run) -> None:
    switch = {"DD_SERVERLESS_INIT_INVENTORY_ENABLED": "true"}
    with MetadataServer() as server:
        result = run("--local", "true", env={**CLOUD_RUN, **server.environment, **switch})
    _, _, shown = result.stderr.partition("\nINVENTORY")
    assert shown.splitlines()[1].startswith("cloud_run_service shop  ")


def test_what_a_micro_vm_sends_says_which_one_it_is(
    run: Run, environment: dict[str, str], free_tcp_port: int
) -> None:
    """All MicroVMs of an image begin with the same memory; the run hook tells each who it is."""
    app = f"""
import http.client, json, socket, time
def ask(port, method, path, body, **headers):
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request(method, path, body, headers)
    assert client.getresponse().status == 200
def trace(number):
    span = dict(service="a", name=str(number), resource="c", trace_id=number, span_id=number,
                duration=1)
    body = json.dumps([[span]])
    ask({environment["DD_APM_RECEIVER_PORT"]}, "PUT", "/v0.4/traces", body,
        **{{"Content-Type": "application/json"}})
trace(1)
run = "/aws/lambda-microvms/runtime/v1/run"
while socket.socket().connect_ex(("127.0.0.1", {free_tcp_port})):
    time.sleep(0.01)
ask({free_tcp_port}, "POST", run, json.dumps({{"microvmId": "vm-7"}}))
print("a line", flush=True)
trace(2)
"""
    with IntakeThread() as intake:
        environ = {
            **sent(intake),
            "AWS_LAMBDA_MICROVM_IMAGE_ARN": "arn:aws:lambda:eu-west-1:1:microvm-image:shop",
            "DD_AWS_MICROVM_LIFECYCLE_PORT": str(free_tcp_port),
            "DD_LOGS_ENABLED": "true",
            "DD_SERVERLESS_INIT_INVENTORY_ENABLED": "true",
        }
        assert run(sys.executable, "-c", app, env=environ).returncode == 0
        seen = intake.snapshot()
    before, after = sorted(seen.spans, key=lambda span: span.name)
    assert "lambda_microvm_id" not in before.meta
    assert after.meta["lambda_microvm_id"] == "vm-7"
    [line] = seen.logs
    assert "lambda_microvm_id:vm-7" in line.tags
    image, instance = seen.agents
    assert image.identity != instance.identity
