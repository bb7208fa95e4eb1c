"""The pretend chatgpt2api misbehaving on purpose, and what it remembers."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from tests.sandbox.test_chatgpt2api import HOME, Api, api, b64, complaint, png

__all__ = ["api"]

Clock = time_machine.Traveller
RESTART = """
import sys, django
django.setup()
from django.test import Client
answer = Client().get(sys.argv[1], headers={"authorization": f"Bearer {sys.argv[2]}"})
print(answer.status_code, *[item["status"] for item in answer.json()["items"]])
"""


@pytest.mark.promise(4)
def test_an_order_that_comes_again_is_the_same_task(api: Api, clock: Clock) -> None:
    first = api.submit(client_task_id="once", n=2)
    clock.shift(1)

    again = api.submit("something else", client_task_id="once")

    assert again.json()["task"] == {**first.json()["task"], "status": "running"}


def test_a_task_belongs_to_its_key(api: Api) -> None:
    task_id = api.order(client_task_id="mine")

    assert Api().poll(task_id).json() == {"items": []}


@pytest.mark.parametrize("task_id", ["", "unheard-of", "a,b", "\x00", "x" * 5000])
def test_an_unknown_id_is_left_out(api: Api, task_id: str) -> None:
    api.order()

    answer = api.poll(task_id)

    assert (answer.status_code, answer.json()) == (200, {"items": []})


def test_a_key_has_one_task_at_a_time(api: Api, clock: Clock) -> None:
    api.order()

    second, other = api.submit(), Api().submit()
    clock.shift(4)

    assert complaint(second) == (429, "image_task_limited")
    assert "Retry-After" not in second
    assert other.status_code == 200
    assert api.submit().status_code == 200


def test_a_task_survives_a_restart(api: Api) -> None:
    task_id = api.order("a lighthouse [slow:600]", client_task_id="long")

    told = subprocess.run(
        [sys.executable, "-c", RESTART, f"{HOME}?ids={task_id}", api.key],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "studio.settings",
            "STUDIO_SECRET_KEY": settings.SECRET_KEY,
            "STUDIO_DATA_DIR": str(settings.STUDIO_DATA_DIR),
            "STUDIO_ALLOWED_HOSTS": "testserver",
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == ["200", "queued"]


def test_another_secret_key_knows_no_task_of_ours(api: Api) -> None:
    task_id = api.order()

    with override_settings(SECRET_KEY="another secret key, long enough to be one"):
        assert api.poll(task_id).json() == {"items": []}


def test_no_key_stands_in_the_data_folder(api: Api) -> None:
    api.order(client_task_id="hidden")

    folder = settings.STUDIO_DATA_DIR / "sandbox"
    files = list(folder.iterdir())
    assert files
    assert not any(api.key in file.name or api.key.encode() in file.read_bytes() for file in files)


@pytest.mark.parametrize("header", [None, "", "Bearer ", "Basic abc"])
def test_every_call_needs_a_bearer_key(header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    calls = (Client().post(f"{HOME}/generations"), Client().post(f"{HOME}/edits"))

    answers = [*calls, Client().get(HOME, headers=headers)]

    assert [complaint(answer) for answer in answers] == [(401, None)] * 3


@pytest.mark.parametrize("resolution", ["2k", "4k"])
@pytest.mark.parametrize("place", ["key", "prompt"])
def test_a_standard_user_gets_1k_only(api: Api, resolution: str, place: str) -> None:
    prompt = "a lighthouse [standard]" if place == "prompt" else "a lighthouse"
    api.key += "[standard]" if place == "key" else ""

    refused, taken = api.submit(prompt, resolution=resolution), api.submit(prompt)

    assert complaint(refused) == (403, "premium_required")
    assert taken.status_code == 200


@pytest.mark.parametrize(
    ("mark", "status", "code"),
    [
        ("[400]", 400, None),
        ("[401]", 401, None),
        ("[402]", 402, None),
        ("[403]", 403, "premium_required"),
        ("[429]", 429, "image_task_limited"),
        ("[500]", 500, None),
        ("[502]", 502, "upstream_failed"),
        ("[503]", 503, None),
        ("[refuse]", 400, None),
    ],
)
@pytest.mark.parametrize("place", ["key", "prompt"])
def test_a_status_mark_refuses_and_nothing_is_kept(
    api: Api, mark: str, status: int, code: str | None, place: str
) -> None:
    if place == "key":
        api.key += mark
        assert complaint(api.poll("x")) == (status, code)
    else:
        assert complaint(api.submit(f"x {mark}", client_task_id="refused")) == (status, code)
        assert api.poll("refused").json() == {"items": []}


def test_429_may_tell_how_long_to_wait(api: Api) -> None:
    assert api.submit("[429:7]")["Retry-After"] == "7"


def test_html_is_a_page_with_status_200(api: Api) -> None:
    answer = api.submit("[html]")

    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/html")


@pytest.mark.promise(4)
def test_504_is_told_once_though_the_order_arrived(api: Api) -> None:
    first = api.submit("[504]", client_task_id="lost-answer")

    found, again = api.item("lost-answer"), api.submit("[504]", client_task_id="lost-answer")

    assert (first.status_code, found["status"], again.status_code) == (504, "queued", 200)


@pytest.mark.parametrize(
    ("mark", "item"),
    [
        ("[fail]", {"status": "failed", "error_code": "upstream_failed", "upstream_status": 502}),
        ("[block]", {"status": "failed", "error_code": "content_blocked", "upstream_status": 400}),
        ("[cancel]", {"status": "cancelled"}),
    ],
)
def test_a_task_may_end_badly(api: Api, clock: Clock, mark: str, item: dict[str, Any]) -> None:
    task_id = api.order(f"a lighthouse {mark}")

    clock.shift(3)
    before = api.item(task_id)["status"]
    clock.shift(1)
    after = api.item(task_id)

    assert before == "running"
    assert item.items() <= after.items()
    assert "result" not in after


def test_lost_is_left_out_half_way(api: Api, clock: Clock) -> None:
    task_id = api.order("[lost]")

    clock.shift(1.9)
    before = len(api.poll(task_id).json()["items"])
    clock.shift(0.1)

    assert [before, len(api.poll(task_id).json()["items"])] == [1, 0]
    assert api.submit().status_code == 200


def test_gone_has_no_public_picture_but_its_bytes(api: Api, clock: Clock) -> None:
    task_id = api.order("[gone]")
    clock.shift(4)

    url = api.item(task_id)["gallery_task"]["image_url_public"]

    assert Client().get(url).status_code == 404
    assert api.pictures(task_id)[0].size == (1024, 1024)


def test_torn_pictures_break_off_inside_and_outside(api: Api, clock: Clock) -> None:
    task_id = api.order("[torn]")
    clock.shift(4)

    url = api.item(task_id)["gallery_task"]["image_url_public"]

    for picture in (*api.pictures(task_id), Image.open(io.BytesIO(Client().get(url).content))):
        with pytest.raises(OSError, match="truncated"):
            picture.load()


def test_two_gives_the_first_picture_by_its_address_alone(api: Api, clock: Clock) -> None:
    task_id = api.order("[two]", n=2)
    clock.shift(4)

    data = api.item(task_id)["result"]["data"]

    assert [set(entry) for entry in data] == [{"file_id"}, {"file_id", "b64_json"}]


@pytest.mark.parametrize(("ordered", "delivered"), [(1, 1), (4, 3)])
def test_short_delivers_one_picture_fewer(
    api: Api, clock: Clock, ordered: int, delivered: int
) -> None:
    task_id = api.order("[short]", n=ordered)
    clock.shift(4)

    assert len({picture.tobytes() for picture in api.pictures(task_id)}) == delivered


# Whatever comes.

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=3)
NEARLY = st.fixed_dictionaries(
    {"prompt": st.text(max_size=40)},
    optional={
        "n": st.integers(-1, 6) | ANYTHING,
        "size": st.sampled_from(["auto", "1:1", "square", "9:9"]) | ANYTHING,
        "resolution": st.sampled_from(["1k", "2k", "4k"]) | ANYTHING,
        "model": st.just("gpt-image-2") | ANYTHING,
        "client_task_id": ANYTHING,
        "image_base64": ANYTHING,
    },
)


@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=NEARLY | ANYTHING)
def test_any_json_is_answered_as_documented(api: Api, body: Any) -> None:
    answer = api.send(json.dumps(body))

    assert answer.status_code in (200, 400, 429)
    assert set(answer.json()) in ({"task_id", "poll_url", "task"}, {"detail"})


@pytest.mark.parametrize(
    ("name", "right"), [("generate", "post"), ("edit", "post"), ("poll", "get")]
)
def test_each_address_takes_its_own_method_only(name: str, right: str) -> None:
    url = reverse(f"sandbox-chatgpt2api-{name}")

    for method in {"get", "post", "put", "delete"} - {right}:
        assert getattr(Client(), method)(url).status_code == 405


def test_a_reference_by_base64_and_by_file_is_the_same_order(api: Api, clock: Clock) -> None:
    by_text = api.order(image_base64=b64(png()))
    clock.shift(4)
    by_file = api.edit(png()).json()["task_id"]
    clock.shift(4)

    assert api.pictures(by_text)[0].tobytes() == api.pictures(by_file)[0].tobytes()
