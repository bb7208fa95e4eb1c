"""chatgpt2api from the queue to the archive, on its sandbox over HTTP."""

from __future__ import annotations

import asyncio
import io
from hashlib import sha256
from uuid import uuid4

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Pillow

from studio.engine import leases, probing, saving
from studio.engine.pump import Pump
from studio.jobs.models import Image, Job, JobReference, Reference
from studio.jobs.storage import archive_name
from studio.providers.calls import Response
from tests.conftest import make_job, make_key
from tests.engine.crew import live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(bob, live_server, settings):
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob, provider="chatgpt2api")
    key.set_secret(f"c2a_{uuid4()}")
    return key


def order(key, prompt: str, **fields) -> Job:
    return make_job(key.owner, key, prompt=prompt, **{"model": "gpt-image-2-5.5", **fields})


def pump(seconds: float = 20.0) -> None:
    """One slice, ended as soon as nothing is left."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(seconds))


def save_all() -> None:
    """What the workers do with the hints of the pump."""
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


def refer(job: Job, *, padding: int = 0) -> None:
    """Give the job a picture to work from."""
    file = io.BytesIO()
    Pillow.new("RGB", (40, 30), "teal").save(file, "PNG")
    data = file.getvalue() + bytes(padding)
    digest = sha256(data).hexdigest()
    path = default_storage.save(archive_name(digest, "png"), ContentFile(data))
    reference = Reference.objects.create(
        owner=job.owner, path=path, sha256=digest, media_type="image/png", size=len(data)
    )
    JobReference.objects.create(job=job, reference=reference, position=1)


def kinds(job: Job) -> list[str]:
    return [event.kind for event in job.events.order_by("id")]


@pytest.mark.parametrize("model", ["gpt-image-2", "gpt-image-2-5.5"])
def test_an_order_travels_from_the_queue_to_the_archive(key, model):
    job = order(key, "dunes [fast]", model=model, ratio="16:9", resolution="2k", count=2)

    pump()
    save_all()

    one, two = job.images.order_by("number")
    assert Job.objects.get(pk=job.pk).status == "succeeded"
    assert [(each.width, each.height, each.state) for each in (one, two)] == [
        (2048, 1152, "kept")
    ] * 2
    assert one.sha256 != two.sha256
    assert "/sandbox/chatgpt2api/api/public/images/img_" in one.url
    assert two.url == ""
    assert kinds(job) == ["sent", "accepted", "provider_done", "archived"]


@pytest.mark.parametrize(
    ("ratio", "size"), [("auto", (1024, 1024)), ("3:2", (1280, 960)), ("9:16", (864, 1536))]
)
def test_ratios_and_their_aliases_are_taken_as_they_are(key, ratio, size):
    job = order(key, "dunes [fast]", ratio=ratio)

    pump()
    save_all()

    image = job.images.get()
    assert (image.width, image.height) == size


@pytest.mark.parametrize("padding", [0, 5 * 1024 * 1024])
def test_a_reference_goes_along_as_text_or_as_a_file(key, padding):
    job = order(key, "dunes [fast]", ratio="4:3")
    refer(job, padding=padding)

    pump()
    save_all()

    assert [(image.width, image.state) for image in job.images.all()] == [(1280, "kept")]


@pytest.mark.parametrize(
    ("mark", "status", "code", "words"),
    [
        ("[fail]", "failed", "failed", "upstream_status 502, upstream_failed"),
        ("[cancel]", "failed", "failed", "cancelled"),
        ("[block]", "blocked", "blocked", "content policy"),
        ("[refuse]", "blocked", "blocked", "content policy"),
        ("[400]", "failed", "bad_order", "Invalid request"),
        ("[402]", "failed", "no_money", "Payment required"),
    ],
)
def test_each_end_of_the_sandbox_is_told_as_it_is(key, mark, status, code, words):
    job = order(key, f"a vase {mark} [fast]")

    pump()

    row = job.submissions.get()
    assert (row.status, row.error_code) == (status, code)
    assert words in row.error_detail


@pytest.mark.parametrize(
    ("prompt", "code", "resolution"),
    [("[401]", "bad_key", "1k"), ("[standard]", "no_permission", "4k")],
)
def test_a_key_or_plan_that_is_refused_pauses_the_key(key, prompt, code, resolution):
    job = order(key, prompt, resolution=resolution)

    pump()

    key.refresh_from_db()
    assert job.submissions.get().error_code == code
    assert (key.is_paused, key.pause_code) == (True, code)


@pytest.mark.promise(4)
@pytest.mark.parametrize("padding", [None, 5 * 1024 * 1024])
def test_an_order_whose_answer_got_lost_is_found_by_its_id_and_sent_once(key, padding):
    job = order(key, "a vase [504] [fast]")
    if padding:
        refer(job, padding=padding)

    pump()
    save_all()

    assert Job.objects.get(pk=job.pk).status == "succeeded"
    assert kinds(job) == ["sent", "put_back", "accepted", "provider_done", "archived"]


@pytest.mark.promise(4)
def test_an_order_whose_pump_died_after_sending_is_found_by_its_id(key):
    job = order(key, "a vase [fast]")
    submission, claim = job.submissions.get(), uuid4()
    submission.take(claim)
    submission.mark_sent(claim, "a" * 64)
    body = {"client_task_id": str(submission.pk), "prompt": "a vase [fast]"}
    headers = {"authorization": f"Bearer {key.reveal()}"}
    httpx.post(f"{key.url}/api/image-tasks/generations", json=body, headers=headers)

    pump()

    assert job.submissions.get().status == "saving"
    assert kinds(job).count("sent") == 1


@pytest.mark.promise(4)
def test_an_order_that_never_arrived_is_sent_again_with_the_same_bytes(key):
    job, bodies = order(key, "a vase"), []
    nothing = Response(status=200, body=b'{"items": []}')

    def lost(call):
        bodies.append(dict(call.json))
        return Response(status=502, body=b"bad gateway")

    first = live(job, lost)
    again = live(job, nothing, nothing, lost)

    assert [call.method for call in first.wire.calls] == ["POST"]
    assert [call.method for call in again.wire.calls] == ["GET", "GET", "POST"]
    assert bodies[0] == bodies[1]
    assert bodies[0]["client_task_id"] == str(job.submissions.get().pk)


def test_a_key_has_one_order_out_at_a_time(key):
    jobs = [order(key, f"vase {number} [fast]", form_token=uuid4()) for number in range(3)]

    pump()

    assert [job.submissions.get().status for job in jobs] == ["saving"] * 3
    assert not any("put_back" in kinds(job) for job in jobs)


def test_a_limit_is_waited_for_as_long_as_it_says(key):
    job = order(key, "[429:7]")

    pump(seconds=1.0)

    row = job.submissions.get()
    assert row.status == "queued"
    assert 5 < (row.not_before - timezone.now()).total_seconds() <= 7


@pytest.mark.parametrize("mark", ["[gone]", "[two]"])
def test_a_picture_is_kept_whether_it_comes_inline_or_by_its_address(key, mark):
    job = order(key, f"a vase {mark} [fast]", count=2)

    pump()
    save_all()

    assert [image.state for image in job.images.all()] == ["kept", "kept"]


def test_pictures_that_break_off_are_given_up_with_their_address_kept(key):
    job = order(key, "a vase [torn] [fast]")

    for _ in range(6):  # the bytes inside the answer, then the address; asked for again, twice
        pump()
        save_all()

    image = job.images.get()
    assert (image.state, Job.objects.get(pk=job.pk).status) == ("lost", "failed")
    assert image.url.startswith("http")


def test_fewer_pictures_than_ordered_are_kept(key):
    job = order(key, "a vase [short] [fast]", count=4)

    pump()
    save_all()

    assert job.images.filter(state="kept").count() == 3


@pytest.mark.parametrize(("secret", "is_good"), [("c2a_good", True), ("c2a_bad[401]", False)])
def test_a_key_is_tried_without_an_order(key, secret, is_good):
    key.set_secret(secret)

    probing.probe(key)

    key.refresh_from_db()
    assert (key.test_code == "") is is_good
