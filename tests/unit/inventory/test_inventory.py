"""What the inventory is told: the resource, the runtime, a command without secrets; and when."""

import asyncio
import json

import pytest

from serverless_init.inventory import (
    Inventory,
    Resource,
    guessed_runtime,
    resource_of,
    runtime_of,
    scrubbed,
)
from serverless_init.model import METADATA_V1, Payload
from serverless_init.testing import ManualClock


@pytest.mark.parametrize(
    ("command", "runtime"),
    [
        ("node app.js", "Node.js"),
        ("/usr/bin/npm start", "Node.js"),
        ("java -jar a.jar", "Java"),
        ("dotnet a.dll", ".NET"),
        ("php a.php", "PHP"),
        ("rails server", "Ruby"),
        ("bundle exec puma", "Ruby"),
        ("bundle exec node", ""),
        ("bundle install", ""),
        ("python app.py", "Python"),
        ("/opt/bin/python3.11 app.py", "Python"),
        ("pythonic", ""),
        ("gunicorn app", "Python"),
        ("ddtrace-run flask run", "Python"),
        ("ddtrace-run node", ""),
        ("ddtrace-run", ""),
        ("sh -c node", ""),
        ("", ""),
    ],
)
def test_the_runtime_is_guessed_from_the_commands_name(command: str, runtime: str) -> None:
    assert guessed_runtime(command.split()) == runtime


def test_what_says_nothing_is_no_runtime() -> None:
    assert runtime_of(("", " unknown ", "Container", "NULL", " Go ", "Java")) == "Go"
    assert runtime_of(("null",)) == ""


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("app --password=x -v", "app --password=******** -v"),
        ("app --password x -v", "app --password ******** -v"),
        ("app --db-token x", "app --db-token ********"),
        ("env API_KEY=x app", "env API_KEY=******** app"),
        ("app --secret:x", "app --secret:********"),
        ("app postgres://me:pw@db/x", "app postgres://********@db/x"),
        ("app --verbose x", "app --verbose x"),
    ],
)
def test_what_is_named_like_a_secret_is_hidden(command: str, shown: str) -> None:
    assert scrubbed(command.split()) == shown


@pytest.mark.parametrize(
    ("platform", "tags", "resource"),
    [
        (
            "cloud_run",
            {"gcr.resource_name": "p/s", "service_name": "s", "revision_name": "r"},
            Resource(
                "cloud_run_service",
                "//run.googleapis.com/p/s/revisions/r",
                "s",
                "//run.googleapis.com/p/s",
            ),
        ),
        ("cloud_run", {"service_name": "s"}, None),
        (
            "cloud_run_job",
            {"gcrj.resource_name": "p/j", "job_name": "j"},
            Resource("cloud_run_job", "//run.googleapis.com/p/j", "j"),
        ),
        (
            "container_app",
            {"resource_id": "/Sub/A", "app_name": "A"},
            Resource("azure_container_app", "/sub/a", "A"),
        ),
        (
            "app_service",
            {"aas.resource.id": "/S", "aas.site.name": "s", "aas.site.kind": "functionapp"},
            Resource("azure_function", "/s", "s"),
        ),
        (
            "micro_vm",
            {"resource_id": "arn:x", "image_name": "i"},
            Resource("aws_lambda_microvm", "arn:x", "i"),
        ),
        ("micro_vm", {"resource_id": "unknown"}, None),
        ("ecs", {"task_arn": "arn:x"}, None),
        ("local", {}, None),
    ],
)
def test_a_resource_without_an_id_is_none(
    platform: str, tags: dict[str, str], resource: Resource | None
) -> None:
    assert resource_of(platform, tags) == resource


def test_it_is_told_at_the_start_and_again_with_the_same_identity() -> None:
    payloads: list[Payload] = []
    again = asyncio.Event()

    class Sink:
        def submit(self, payload: Payload) -> None:
            payloads.append(payload)
            if len(payloads) == 2:
                again.set()

    async def play() -> None:
        inventory = Inventory(
            {"resource_id": "a", "dd_env": ""},
            out=Sink(),
            clock=ManualClock(),
            interval_s=0.001,
        )
        await inventory.start()
        await asyncio.wait_for(again.wait(), 5)
        assert (await inventory.drain(0.0)).balanced
        inventory.close()

    asyncio.run(play())
    first, second = (json.loads(payload.body) for payload in payloads[:2])
    assert payloads[0].endpoint == METADATA_V1
    assert first["uuid"] == second["uuid"]
    assert first["agent_metadata"].pop("agent_startup_time_ms") > 0
    assert first["agent_metadata"] == {
        "resource_id": "a",
        "flavor": "serverless-init",
        "report_reason": "startup",
    }
    assert second["agent_metadata"]["report_reason"] == "periodic"


def test_one_of_many_with_the_same_memory_has_an_identity_of_its_own() -> None:
    """Every MicroVM of an image began with the identity that the snapshot had."""
    payloads: list[Payload] = []

    class Sink:
        def submit(self, payload: Payload) -> None:
            payloads.append(payload)

    async def play() -> None:
        inventory = Inventory({"resource_id": "a"}, out=Sink(), clock=ManualClock())
        await inventory.start()
        inventory.begin_anew()
        inventory.close()

    asyncio.run(play())
    first, second = (json.loads(payload.body) for payload in payloads)
    assert first["uuid"] != second["uuid"]
    assert second["agent_metadata"]["report_reason"] == "startup"
