"""The life of a task, and that nothing but the secret key holds it together."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import time_machine
from django.conf import settings
from django.test import override_settings

from tests.sandbox.conftest import NOON, APIMart

Clock = time_machine.Traveller
TASK_404 = {
    "error": {"code": 404, "message": "任务不存在或已过期", "type": "invalid_request_error"}
}
CREATED = int(NOON)
RESTART = """
import sys, django
django.setup()
from django.test import Client
answer = Client(SERVER_NAME="localhost").get(sys.argv[1], headers={"authorization": "Bearer demo"})
print(answer.status_code, answer.json()["data"]["status"])
"""


def test_a_task_is_submitted_then_processing_then_completed(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order()
    seen = []

    for _ in range(9):
        state = apimart.state(task_id)
        seen.append((state["status"], state["progress"]))
        clock.shift(0.5)

    assert seen[0] == ("submitted", 0)
    assert seen[1:8] == [("processing", per_cent) for per_cent in (12, 25, 37, 50, 62, 75, 87)]
    assert seen[8] == ("completed", 100)


@pytest.mark.parametrize(("resolution", "seconds"), [("1k", 4), ("2k", 6), ("4k", 8)])
def test_larger_pictures_take_longer(
    apimart: APIMart, clock: Clock, resolution: str, seconds: int
) -> None:
    task_id = apimart.order(resolution=resolution)

    clock.shift(seconds - 0.1)
    before = apimart.state(task_id)["status"]
    clock.shift(0.1)

    assert [before, apimart.state(task_id)["status"]] == ["processing", "completed"]


def test_a_finished_task_is_told_as_documented(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order(n=3)

    clock.shift(60)
    answer = apimart.poll(task_id).json()

    prefix = f"http://testserver/sandbox/apimart/f/image/gpt_image_2_{task_id}"
    assert answer == {
        "code": 200,
        "data": {
            "id": task_id,
            "status": "completed",
            "progress": 100,
            "created": CREATED,
            "completed": CREATED + 4,
            "actual_time": 4,
            "estimated_time": 4,
            "cost": 0.15837,
            "credits_cost": 1.5837,
            "result": {
                "images": [
                    {
                        "url": [f"{prefix}_{index}.png" for index in range(3)],
                        "expires_at": CREATED + 4 + 86_400,
                    }
                ]
            },
        },
    }


def test_one_picture_costs_what_the_document_shows(apimart: APIMart, clock: Clock) -> None:
    task_id = apimart.order()

    clock.shift(4)
    state = apimart.state(task_id)

    assert (state["cost"], state["credits_cost"]) == (0.05279, 0.5279)


def test_an_exact_size_costs_what_its_resolution_costs(apimart: APIMart, clock: Clock) -> None:
    ids = [apimart.order(size="3840x2160"), apimart.order(size="16:9", resolution="4k")]

    clock.shift(8)
    exact, ratio = (apimart.state(task_id)["cost"] for task_id in ids)

    assert exact == ratio > 0.05279


@override_settings(STUDIO_PUBLIC_URL="https://studio.example.com")
def test_picture_addresses_begin_with_the_public_address(apimart: APIMart) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        task_id = apimart.order()
        clock.shift(4)
        (url,) = apimart.urls(task_id)

    assert url.startswith("https://studio.example.com/sandbox/apimart/f/image/")


@pytest.mark.parametrize(
    "task_id",
    ["task_darkroom_key_test", "task_", "nonsense", "task_a.b", "task_W10.xyz", "task_%00"],
)
def test_an_unknown_task_is_not_found(apimart: APIMart, task_id: str) -> None:
    answer = apimart.poll(task_id)

    assert (answer.status_code, answer.json()) == (404, TASK_404)


@pytest.mark.parametrize("place", [5, 20, 60, -30, -1])
def test_a_changed_id_is_not_found(apimart: APIMart, place: int) -> None:
    letters = list(apimart.order())
    letters[place] = "A" if letters[place] != "A" else "Q"

    assert apimart.poll("".join(letters)).status_code == 404


def test_a_poll_needs_a_key(apimart: APIMart) -> None:
    answer = apimart.poll(apimart.order(), key="")

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_tasks_are_asked_with_get(apimart: APIMart, method: str) -> None:
    answer = getattr(apimart.http, method)("/sandbox/apimart/v1/tasks/task_x")

    assert answer.status_code == 405


def test_another_secret_key_knows_no_task_of_ours(apimart: APIMart) -> None:
    task_id = apimart.order()

    with override_settings(SECRET_KEY="another secret key, long enough to be one"):
        answer = apimart.poll(task_id)

    assert answer.status_code == 404


def test_a_task_survives_a_restart(apimart: APIMart) -> None:
    task_id = apimart.order("a lighthouse [slow:600]")

    told = subprocess.run(
        [sys.executable, "-c", RESTART, f"/sandbox/apimart/v1/tasks/{task_id}"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "STUDIO_SECRET_KEY": settings.SECRET_KEY,
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == ["200", "submitted"]
