"""The pretend GPTImage2 Plus keeps every documented rule."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.conftest import NOON
from tests.sandbox.plus import PUT, ROOT, Plus

Clock = time_machine.Traveller
MB = 1024 * 1024


@pytest.fixture
def plus() -> Plus:
    return Plus()


def test_an_order_is_answered_as_documented(plus: Plus) -> None:
    answer = plus.generate()

    assert answer.status_code == 202
    assert answer.json() == {
        "generationId": answer.json()["generationId"],
        "status": "queued",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "text2img"},
        {"size": "1024x1536", "quality": "low", "n": 1},
        {"quality": "high", "n": 4},
        {"inputImageKeys": []},
        {"prompt": "x" * 4000},
        {"unheard_of": {"a": [1]}},
    ],
)
def test_what_the_document_allows_is_accepted(plus: Plus, fields: dict[str, Any]) -> None:
    assert plus.send("generate", {"prompt": "a lighthouse", **fields}).status_code == 202


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", ""),
        ("prompt", " "),
        ("prompt", None),
        ("prompt", "x" * 4001),
        ("type", "upscale"),
        ("type", None),
        ("type", "edit"),
        ("size", "1:1"),
        ("size", "2048x2048"),
        ("size", None),
        ("size", ["1024x1024"]),
        ("quality", "auto"),
        ("quality", "HIGH"),
        ("n", 0),
        ("n", 5),
        ("n", "1"),
        ("n", True),
        ("n", 1.5),
        ("inputImageKeys", None),
        ("inputImageKeys", "inputs/a"),
        ("inputImageKeys", ["inputs/a"]),
        ("inputImageKeys", [7]),
    ],
)
def test_what_the_document_forbids_is_refused_by_name(plus: Plus, field: str, value: Any) -> None:
    answer = plus.send("generate", {"prompt": "a lighthouse", field: value})

    named = "inputImageKeys" if (field, value) == ("type", "edit") else field
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"Invalid request body: {named}: ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"n": NaN}', b"[" * 9999])
@pytest.mark.parametrize("path", ["generate", "upload"])
def test_the_body_must_be_a_json_object(plus: Plus, path: str, body: bytes) -> None:
    assert plus.send(path, body).status_code == 400


@pytest.mark.parametrize("path", ["api/v1/generate", "api/v1/upload", "api/v1/generations/x"])
@pytest.mark.parametrize("header", [None, "Bearer ", "Basic abc", "gimg_demo"])
def test_every_call_needs_a_bearer_key(path: str, header: str | None) -> None:
    method = "get" if "generations" in path else "post"
    headers = {} if header is None else {"authorization": header}

    answer = getattr(Client(), method)(f"{ROOT}/{path}", headers=headers)

    assert answer.status_code == 401
    assert answer.json() == {"error": "Missing or invalid API key"}


def test_four_uploads_may_be_ordered_with_and_five_may_not(plus: Plus) -> None:
    keys = [plus.reserve()["key"] for _ in range(5)]

    answers = [
        plus.generate(type="edit", inputImageKeys=keys[:count]).status_code for count in (1, 4, 5)
    ]

    assert answers == [202, 202, 400]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("filename", ""),
        ("filename", "x" * 201),
        ("filename", None),
        ("contentType", "image/gif"),
        ("contentType", None),
        ("contentType", {}),
        ("size", 0),
        ("size", 10 * MB + 1),
        ("size", "3"),
        ("size", None),
    ],
)
def test_an_upload_says_what_will_come(plus: Plus, field: str, value: Any) -> None:
    answer = plus.send("upload", {**PUT, field: value})

    assert answer.status_code == 400
    assert field in answer.json()["error"]


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/webp"])
def test_each_documented_type_can_be_put(plus: Plus, kind: str) -> None:
    place = plus.reserve(contentType=kind, filename="x" * 200)

    assert plus.put(place["url"], kind=kind).status_code == 200


def test_a_picture_may_have_10_mb(plus: Plus) -> None:
    place = plus.reserve(size=10 * MB)

    assert plus.put(place["url"], bytes(10 * MB)).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"data": b"pngs"}, 403),
        ({"data": b"pn"}, 403),
        ({"kind": "image/jpeg"}, 403),
        ({"authorization": "Bearer gimg_demo"}, 400),
    ],
)
def test_only_what_was_announced_may_be_put_and_never_with_the_key(
    plus: Plus, change: dict[str, Any], status: int
) -> None:
    answer = plus.put(plus.reserve()["url"], **change)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/xml"


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 403)])
def test_a_presigned_address_lives_for_five_minutes(
    plus: Plus, clock: Clock, seconds: int, status: int
) -> None:
    url = plus.reserve()["url"]

    clock.shift(seconds)

    assert plus.put(url).status_code == status


def test_an_address_without_its_signature_takes_nothing(plus: Plus) -> None:
    url, _, _ = plus.reserve()["url"].partition("?")

    assert plus.put(url).status_code == 403
    assert plus.put(f"{url}?X-Amz-Signature=x").status_code == 403
    assert plus.put(f"{ROOT}/store/inputs/made-up?X-Amz-Signature=x").status_code == 403


def test_the_same_idempotency_key_is_the_same_generation(plus: Plus, clock: Clock) -> None:
    first = plus.generate(name="one").json()
    clock.shift(60)

    again = plus.generate(name="one")

    assert again.status_code == 200
    assert again.json()["id"] == first["generationId"]
    assert again.json()["status"] == "succeeded"


def test_another_key_of_either_kind_is_another_generation(plus: Plus) -> None:
    ids = {
        plus.order(name="two"),
        plus.order(name="three"),
        plus.order(name="two", key="gimg_other"),
        plus.send("generate", {"prompt": "a lighthouse"}).json()["generationId"],
    }

    assert len(ids) == 4


def test_504_hides_an_accepted_order_until_it_is_sent_again(plus: Plus) -> None:
    lost, found = (plus.generate("a lighthouse [504]", name="four") for _ in range(2))

    assert (lost.status_code, found.status_code) == (504, 200)
    assert found.json()["status"] == "queued"


def test_a_refused_order_leaves_its_idempotency_key_free(plus: Plus) -> None:
    refused, accepted = plus.generate(name="five", n=9), plus.generate(name="five")

    assert (refused.status_code, accepted.status_code) == (400, 202)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 429, 500, 503])
def test_a_status_mark_refuses_in_a_prompt_and_in_a_key(plus: Plus, status: int) -> None:
    answers = [
        plus.generate(f"a lighthouse [{status}]"),
        plus.generate(key=f"gimg_[{status}]"),
        plus.send("upload", PUT, key=f"gimg_[{status}]"),
        plus.ask("x", key=f"gimg_[{status}]"),
    ]

    assert {answer.status_code for answer in answers} == {status}
    assert all(answer.json()["error"] for answer in answers)


def test_the_content_policy_refuses_with_422(plus: Plus) -> None:
    answer = plus.generate("a lighthouse [refuse]")

    assert answer.status_code == 422
    assert "policy" in answer.json()["error"]


def test_every_answer_tells_the_limits_of_the_hour(plus: Plus, clock: Clock) -> None:
    generation_id = plus.order()

    answers = [plus.generate(), plus.send("upload", PUT), plus.ask(generation_id), plus.ask("x")]
    answers += [plus.generate(n=9), plus.generate("[html]"), plus.generate(key="")]

    told = {
        (
            answer["X-RateLimit-Limit"],
            answer["X-RateLimit-Remaining"],
            answer["X-RateLimit-Reset"],
        )
        for answer in answers
    }
    assert told == {("600", "599", str(int(NOON) // 3600 * 3600 + 3600))}
    assert not any("Retry-After" in answer for answer in answers)


@pytest.mark.parametrize(("mark", "wait"), [("[429]", 30), ("[429:7]", 7)])
def test_429_tells_how_long_to_wait(plus: Plus, clock: Clock, mark: str, wait: int) -> None:
    answer = plus.generate(mark)

    assert answer["Retry-After"] == str(wait)
    assert answer["X-RateLimit-Remaining"] == "0"
    assert answer["X-RateLimit-Reset"] == str(int(NOON) + wait)


@pytest.mark.parametrize("name", ["upload", "generate", "ask", "store", "picture"])
def test_a_stranger_reaches_every_address_without_signing_in(name: str) -> None:
    arguments = {"ask": ("x",), "store": ("inputs/x",), "picture": ("task_x", 0, "png")}
    address = reverse(f"sandbox-gptimage2plus-{name}", args=arguments.get(name, ()))

    assert Client().get(address).status_code in (401, 404, 405)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
BODIES = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1, max_size=20) | VALUES},
    optional={
        "type": st.sampled_from(["text2img", "edit"]) | VALUES,
        "size": st.sampled_from(["1024x1024", "1:1"]) | VALUES,
        "quality": st.sampled_from(["low", "high"]) | VALUES,
        "n": st.integers(0, 5) | VALUES,
        "inputImageKeys": st.lists(VALUES, max_size=5) | VALUES,
        "filename": VALUES,
        "contentType": st.sampled_from(["image/png"]) | VALUES,
    },
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from(["generate", "upload"]), body=BODIES)
def test_any_json_is_answered_in_one_of_the_documented_ways(
    plus: Plus, path: str, body: Any
) -> None:
    answer = plus.send(path, json.dumps(body).encode())

    assert answer.status_code in (200, 202, 400)
    assert set(answer.json()) in ({"generationId", "status"}, {"url", "key"}, {"error"})
