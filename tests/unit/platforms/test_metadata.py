"""Metadata over real sockets: what a server's faults leave of the tags, and how long they take."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from serverless_init.config import TagSettings
from serverless_init.platforms import Patience, Place, Question, ask, detect, place_of
from serverless_init.testing import ANSWERS, Fault, MetadataServer

ALL = {
    "container_id:00bf4bf02db9a8e3f1",
    "location:europe-west1",
    "project_id:example-shop",
}


def place(server: MetadataServer, environ: dict[str, str], **patience: float) -> Place:
    known = {**environ, **server.environment}
    platform = detect(known)
    answers = asyncio.run(ask(platform.questions(known), Patience(**patience)))
    return place_of(platform, TagSettings(), environ=known, answers=answers, version="1")


def test_google_is_asked_three_questions_each_once() -> None:
    with MetadataServer() as server:
        found = place(server, {"K_SERVICE": "shop"})
    assert sorted(server.asked) == [
        "/computeMetadata/v1/instance/id",
        "/computeMetadata/v1/instance/region",
        "/computeMetadata/v1/project/project-id",
    ]
    assert set(found.tags.full) >= ALL
    assert found.unanswered == ()


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.NOT_FOUND, Fault.HANG, Fault.REFUSE])
@pytest.mark.parametrize(
    ("environ", "tags"),
    [
        (
            {"K_SERVICE": "shop"},
            {
                "origin:cloudrun",
                "_dd.origin:cloudrun",
                "service_name:shop",
                "gcr.service_name:shop",
                "_dd.datadog_init_version:1",
            },
        ),
        ({}, {"origin:ecs", "_dd.datadog_init_version:1"}),
    ],
)
def test_a_wrong_answer_gives_fewer_tags_and_no_error(
    fault: Fault, environ: dict[str, str], tags: set[str]
) -> None:
    with MetadataServer(fault) as server:
        found = place(server, environ)
    assert set(found.tags.full) == tags
    assert bool(found.unanswered) == (fault is not Fault.HTML)


def test_what_is_not_known_is_unknown_in_metrics_about_the_container() -> None:
    with MetadataServer(Fault.REFUSE) as server:
        found = place(server, {"K_SERVICE": "shop"})
    assert {"location:unknown", "project_id:unknown", "revision_name:unknown"} <= set(
        found.tags.enhanced
    )
    assert "instance:unknown" in found.tags.usage


def test_a_server_that_hangs_is_waited_for_as_long_as_a_question_may_take() -> None:
    with MetadataServer(Fault.HANG) as server:
        began = time.monotonic()
        place(server, {"K_SERVICE": "shop"}, timeout_s=0.05)
        took_s = time.monotonic() - began
    # Far less than the bound of all questions, which would be 1.8 s.
    assert 0.05 <= took_s < 1.5


def test_the_bound_ends_questions_that_would_take_longer() -> None:
    with MetadataServer(Fault.HANG) as server:
        found = place(server, {"K_SERVICE": "shop"}, timeout_s=600.0, bound_s=0.05)
    assert found.unanswered == ("container_id", "location", "project_id")


def test_one_answer_that_is_missing_leaves_the_others() -> None:
    answers = {path: body for path, body in ANSWERS.items() if not path.endswith("region")}
    with MetadataServer(answers=answers) as server:
        found = place(server, {"K_SERVICE": "shop"})
    assert set(found.tags.full) >= ALL - {"location:europe-west1"}
    assert found.unanswered == ("location",)
    assert not [tag for tag in found.tags.full if "location" in tag or "resource_name" in tag]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"TaskARN": 7, "Family": null}', b"[" * 100_000]
)
def test_a_document_of_another_form_gives_no_tags(body: bytes) -> None:
    environ = {"ECS_CONTAINER_METADATA_URI_V4": "http://127.0.0.1"}
    answers = {"task": body, "container": body}
    found = place_of(detect(environ), TagSettings(), environ=environ, answers=answers, version="1")
    assert found.tags.full == ("origin:ecs", "_dd.datadog_init_version:1")


@pytest.mark.parametrize(
    ("image", "tags"),
    [
        ("nginx", {"image_name:nginx", "short_image:nginx"}),
        ("nginx:1", {"image_name:nginx", "short_image:nginx", "image_tag:1"}),
        ("host:5000/web", {"image_name:host:5000/web", "short_image:web"}),
        ("a/web:2@sha256:0f", {"image_name:a/web", "short_image:web", "image_tag:2"}),
    ],
)
def test_the_name_of_an_image_is_taken_apart(image: str, tags: set[str]) -> None:
    environ = {"ECS_CONTAINER_METADATA_URI_V4": "http://127.0.0.1"}
    answers = {"container": json.dumps({"Image": image}).encode()}
    found = place_of(detect(environ), TagSettings(), environ=environ, answers=answers, version="1")
    about = {tag for tag in found.tags.full if "image" in tag}
    assert about == tags | {f"docker_image:{image}"}


def test_a_file_answers_like_a_server_and_none_answers_nothing(tmp_path: Path) -> None:
    (tmp_path / "namespace").write_text("shops")
    questions = [Question("is", f"file://{tmp_path}/namespace"), Question("not", "file:///none")]
    assert asyncio.run(ask(questions)) == {"is": b"shops"}


@pytest.mark.parametrize("url", ["http://[::1", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", ""])
def test_an_address_that_is_none_answers_nothing(url: str) -> None:
    assert asyncio.run(ask([Question("id", url)])) == {}


def test_the_first_of_many_kilobytes_of_metadata_can_be_read() -> None:
    """The client keeps the first thousand bytes of an answer, an ECS document is longer."""
    with MetadataServer(answers={"/v4/3f1c": json.dumps({"Name": "a" * 5000})}) as server:
        found = place(server, {})
    assert f"ecs_container_name:{'a' * 5000}" in found.tags.full
