"""AIGPTImage from the queue to the archive, on its sandbox over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from studio.engine import leases, probing, saving
from studio.engine.pump import Pump
from studio.jobs.models import Image, Job, Submission
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(bob, live_server, settings):
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob, provider="aigptimage")
    key.set_secret("sandbox-0123456789")
    return key


def order(key, prompt: str, **fields) -> Job:
    defaults = {"model": "gpt-image-2-text-to-image", "ratio": "2:3", "resolution": "1K"}
    return make_job(key.owner, key, prompt=prompt, **{**defaults, **fields})


def pump(seconds: float = 20.0) -> None:
    """One slice, ended as soon as nothing is left."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(seconds))


def save_all() -> None:
    """What the workers do with the hints of the pump."""
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_an_order_travels_from_the_queue_to_the_archive(key, kind):
    job = order(key, "dunes at dawn [fast]", quality="low", output_format=kind)

    pump()
    save_all()

    image = job.images.get()
    assert Job.objects.get(pk=job.pk).status == "succeeded"
    assert (image.width, image.height, image.state) == (832, 1248, "kept")
    assert image.media_type == f"image/{kind}"


def test_several_pictures_are_several_tasks(key):
    job = order(key, "a vase [fast]", ratio="1:1")
    Submission.objects.create(job=job, key=key, count=1)

    pump()
    save_all()

    tickets = {row.ticket["task_id"] for row in job.submissions.all()}
    assert len(tickets) == 2
    assert [image.state for image in job.images.all()] == ["kept", "kept"]


@pytest.mark.parametrize("place", ["", " [inside]"])
@pytest.mark.parametrize(
    ("mark", "status", "code"),
    [
        ("[fail]", "failed", "failed"),
        ("[block]", "blocked", "blocked"),
        ("[refuse]", "blocked", "blocked"),
        ("[400]", "failed", "bad_order"),
        ("[422]", "failed", "bad_order"),
        ("[402]", "failed", "no_money"),
        ("[html]", "unknown", "broken_answer"),
    ],
)
def test_each_end_of_the_sandbox_is_told_as_it_is(key, mark, place, status, code):
    job = order(key, f"a vase {mark} [fast]{place}")

    pump()

    row = job.submissions.get()
    assert (row.status, row.error_code) == (status, code)


@pytest.mark.parametrize("mark", ["[409]", "[429]", "[409] [inside]"])
def test_an_order_beyond_a_limit_waits_and_is_no_failed_try(key, mark):
    job = order(key, f"a vase {mark}")

    pump(seconds=1.5)

    row = job.submissions.get()
    assert (row.status, row.tries, row.sent_at) == ("queued", 0, None)
    assert row.not_before
    assert [event.facts["reason"] for event in job.events.filter(kind="put_back")] == ["limited"]


@pytest.mark.parametrize(
    ("secret", "status", "code"),
    [
        ("sandbox-0123456789", "ok", ""),
        ("sandbox-0123[401]", "failed", "bad_key"),
        ("sandbox-01[401][inside]", "failed", "bad_key"),
        ("sandbox-0123[402]", "failed", "no_money"),
        ("sandbox-0123[html]", "failed", "broken_answer"),
    ],
)
def test_a_key_is_tried_without_an_order(key, secret, status, code):
    key.set_secret(secret)

    probing.probe(key)

    assert (key.test_status, key.test_code) == (status, code)
