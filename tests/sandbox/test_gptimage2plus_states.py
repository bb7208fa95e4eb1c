"""The pretend GPTImage2 Plus tells states and delivers pictures as documented."""

from __future__ import annotations

import io

import pytest
import time_machine
from django.test import override_settings
from PIL import Image

from tests.sandbox.plus import ROOT, Plus

Clock = time_machine.Traveller


@pytest.fixture
def plus() -> Plus:
    return Plus()


def pixels(plus: Plus, generation_id: str) -> tuple[int, int]:
    (output,) = plus.state(generation_id)["outputs"]
    return output["width"], output["height"]


def test_a_generation_is_queued_then_running_then_told_as_documented(
    plus: Plus, clock: Clock
) -> None:
    generation_id = plus.order()
    seen = []
    for _ in range(4):
        seen.append(plus.state(generation_id)["status"])
        clock.shift(1)

    url = f"http://testserver{ROOT}/f/{generation_id}_0"
    assert seen == ["queued", "running", "running", "running"]
    assert plus.state(generation_id) == {
        "id": generation_id,
        "status": "succeeded",
        "type": "text2img",
        "outputs": [{"png": f"{url}.png", "webp": f"{url}.webp", "width": 1024, "height": 1024}],
        "error": None,
        "costCredits": 4,
        "createdAt": "2026-04-21T05:17:54.000Z",
        "completedAt": "2026-04-21T05:17:58.000Z",
    }


@pytest.mark.parametrize(("mark", "status"), [("[fail]", "failed"), ("[block]", "blocked")])
def test_failed_and_blocked_are_refunded(plus: Plus, clock: Clock, mark: str, status: str) -> None:
    generation_id = plus.order(f"a lighthouse {mark}")
    before = plus.state(generation_id)

    clock.shift(4)
    after = plus.state(generation_id)

    assert (before["status"], before["costCredits"]) == ("queued", 4)
    assert (after["status"], after["costCredits"], after["outputs"]) == (status, 0, [])
    assert after["error"]


@pytest.mark.parametrize(
    ("quality", "seconds", "credits_"), [("low", 2, 1), ("medium", 4, 4), ("high", 6, 10)]
)
def test_quality_decides_time_and_credits(
    plus: Plus, clock: Clock, quality: str, seconds: int, credits_: int
) -> None:
    generation_id = plus.order(quality=quality, n=2)

    clock.shift(seconds - 0.1)
    before = plus.state(generation_id)["status"]
    clock.shift(0.1)
    after = plus.state(generation_id)

    assert (before, after["status"]) == ("running", "succeeded")
    assert after["costCredits"] == 2 * credits_


@pytest.mark.parametrize(
    ("size", "usual", "high"),
    [
        ("1024x1024", (1024, 1024), (2048, 2048)),
        ("1024x1536", (1024, 1536), (1360, 2048)),
        ("1536x1024", (1536, 1024), (2048, 1360)),
    ],
)
def test_high_is_2k_in_every_size(
    plus: Plus, clock: Clock, size: str, usual: tuple[int, int], high: tuple[int, int]
) -> None:
    ids = [plus.order(size=size, quality=quality) for quality in ("medium", "high")]

    clock.shift(6)

    assert [pixels(plus, generation_id) for generation_id in ids] == [usual, high]


def test_an_edit_is_told_as_one(plus: Plus) -> None:
    generation_id = plus.order(type="edit", inputImageKeys=[plus.reserve()["key"]])

    assert plus.state(generation_id)["type"] == "edit"


@pytest.mark.parametrize("made_up", ["00000000-0000-0000-0000-000000000000", "task_a.b", "x"])
def test_an_unknown_generation_is_not_found(plus: Plus, made_up: str) -> None:
    answer = plus.ask(made_up)

    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})


def test_lost_is_forgotten_half_way(plus: Plus, clock: Clock) -> None:
    generation_id = plus.order("a lighthouse [lost]")

    clock.shift(1.9)
    before = plus.ask(generation_id).status_code
    clock.shift(0.1)

    assert [before, plus.ask(generation_id).status_code] == [200, 404]


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_picture_comes_in_both_formats_and_for_good(plus: Plus, clock: Clock, kind: str) -> None:
    generation_id = plus.order(size="1536x1024", n=2)
    clock.shift(30 * 24 * 3600)
    urls = [output[kind] for output in plus.state(generation_id)["outputs"]]

    answers = [plus.http.get(url) for url in urls]

    images = [Image.open(io.BytesIO(answer.content)) for answer in answers]
    assert [(image.format, image.size) for image in images] == [(kind.upper(), (1536, 1024))] * 2
    assert {answer["Content-Type"] for answer in answers} == {f"image/{kind}"}
    assert answers[0].content != answers[1].content


def test_a_picture_is_not_there_before_it_is_done_nor_beyond_the_last(
    plus: Plus, clock: Clock
) -> None:
    url = f"{ROOT}/f/{plus.order()}"

    before = plus.http.get(f"{url}_0.png").status_code
    clock.shift(4)

    assert before == 404
    assert plus.http.get(f"{url}_1.png").status_code == 404
    assert plus.http.get(f"{ROOT}/f/task_a.b_0.png").status_code == 404


@pytest.mark.parametrize(("mark", "count"), [("[short]", 3), ("[gone]", 4)])
def test_marks_of_pictures_work_here_too(plus: Plus, clock: Clock, mark: str, count: int) -> None:
    generation_id = plus.order(f"a lighthouse {mark}", n=4)

    clock.shift(4)
    outputs = plus.state(generation_id)["outputs"]

    assert len(outputs) == count
    answer = plus.http.get(outputs[0]["png"])
    assert answer.status_code == (404 if mark == "[gone]" else 200)


@override_settings(STUDIO_PUBLIC_URL="https://studio.example.com")
def test_pictures_are_public_and_uploads_go_where_was_asked(plus: Plus, clock: Clock) -> None:
    generation_id = plus.order()

    clock.shift(4)

    (output,) = plus.state(generation_id)["outputs"]
    assert output["png"].startswith(f"https://studio.example.com{ROOT}/f/")
    assert plus.reserve()["url"].startswith(f"http://testserver{ROOT}/store/inputs/")
