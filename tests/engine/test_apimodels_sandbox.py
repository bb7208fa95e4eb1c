"""APIModels from the queue to the archive, on its sandbox over HTTP."""

from __future__ import annotations

import asyncio
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image as Pillow

from studio.engine import leases, probing, saving
from studio.engine.pump import Pump
from studio.jobs.models import Image, Job, JobReference
from studio.jobs.references import add_file
from tests.conftest import make_job, make_key
from tests.jobs.masks import a_mask, a_picture

pytestmark = pytest.mark.django_db(transaction=True)
BY_RATIO = {"ratio": "3:2", "resolution": "1K"}
BY_SIZE = {"ratio": "", "resolution": "", "width": 1536, "height": 512}


@pytest.fixture
def key(bob, live_server, settings):
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob, provider="apimodels")
    key.set_secret("sandbox-0123456789")
    return key


def order(key, prompt: str, **fields) -> Job:
    return make_job(key.owner, key, prompt=prompt, model="gpt-image-2-all", **fields)


def refer(job: Job, count: int) -> None:
    """Give the job pictures to work from."""
    for number in range(count):
        file = io.BytesIO()
        Pillow.new("RGB", (40, 30 + number), "teal").save(file, "PNG")
        reference = add_file(job.owner, SimpleUploadedFile("a.png", file.getvalue()))
        JobReference.objects.create(job=job, reference=reference, position=number + 1)


def develop() -> None:
    """One slice of the pump, ended as soon as nothing is left, and what workers do after it."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(20.0))
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


def kept(job: Job) -> list[tuple[int, int]]:
    """The sizes of the archived pictures of a job that went well."""
    assert Job.objects.get(pk=job.pk).status == "succeeded"
    images = job.images.order_by("number")
    assert all(image.state == "kept" and "/sandbox/apimodels/r2/" in image.url for image in images)
    return [(image.width, image.height) for image in images]


@pytest.mark.parametrize("prompt", ["a vase [fast]", "a vase [fast] [two]"])
def test_an_order_by_ratio_travels_as_a_task(key, prompt):
    job = order(key, prompt, count=2, quality="low", background="opaque", **BY_RATIO)

    develop()

    assert kept(job) == [(1536, 1024)] * 2
    assert job.submissions.get().ticket["task_id"].startswith("task_")


def test_an_order_by_size_is_answered_with_its_picture(key):
    job = order(key, "a vase", **BY_SIZE)

    develop()

    assert kept(job) == [(1536, 512)]
    assert job.submissions.get().ticket is None


@pytest.mark.parametrize("fields", [BY_RATIO, BY_SIZE])
@pytest.mark.parametrize("count", [1, 16])
def test_references_travel_with_both(key, fields, count):
    job = order(key, "a vase [fast]", **fields)
    refer(job, count)

    develop()

    assert kept(job) == [(1536, 1024 if fields is BY_RATIO else 512)]


@pytest.mark.parametrize("fields", [BY_RATIO, BY_SIZE])
def test_a_mask_travels_with_its_picture(key, fields):
    plain, masked = (order(key, "a vase [fast]", **fields) for _ in range(2))
    picture = a_picture(key.owner)
    for job in (plain, masked):
        JobReference.objects.create(job=job, reference=picture, position=1)
    Job.objects.filter(pk=masked.pk).update(mask=a_mask(picture))

    develop()

    assert kept(plain) == kept(masked)
    assert plain.submissions.get().body_hash != masked.submissions.get().body_hash
    assert plain.images.get().sha256 != masked.images.get().sha256


@pytest.mark.parametrize("fields", [BY_RATIO, BY_SIZE])
def test_a_mask_of_another_size_is_refused(key, fields):
    job = order(key, "a vase [fast]", mask=a_mask(a_picture(key.owner, 80, 60)), **fields)
    refer(job, 1)

    develop()

    row = job.submissions.get()
    assert (row.status, row.error_code) == ("failed", "bad_order")
    assert "as large as the first image" in row.error_detail


@pytest.mark.parametrize("fields", [BY_RATIO, BY_SIZE])
@pytest.mark.parametrize(
    ("mark", "status", "code"),
    [
        ("[block]", "blocked", "blocked"),
        ("[refuse]", "blocked", "blocked"),
        ("[400]", "failed", "bad_order"),
        ("[401]", "failed", "bad_key"),
        ("[402]", "failed", "no_money"),
        ("[403]", "failed", "no_permission"),
        ("[html]", "unknown", "broken_answer"),
        ("[504]", "unknown", "broken_answer"),
    ],
)
def test_each_end_is_told_as_it_is_in_both_modes(key, fields, mark, status, code):
    job = order(key, f"a vase {mark} [fast]", **fields)

    develop()

    row = job.submissions.get()
    assert (row.status, row.error_code) == (status, code)
    assert row.key.is_paused == (code in ("bad_key", "no_money", "no_permission"))


@pytest.mark.parametrize(
    ("mark", "by_ratio", "by_size"),
    [("[fail]", "failed", "unknown"), ("[lost]", "running", "unknown")],
)
def test_an_order_by_size_whose_answer_is_lost_is_left_to_a_person(key, mark, by_ratio, by_size):
    task = order(key, f"a vase {mark} [slow:1]", **BY_RATIO)
    picture = order(key, f"a vase {mark} [slow:1]", **BY_SIZE)
    token = leases.take(0)

    asyncio.run(Pump(0, token, linger=0.0).run(3.0))

    assert [job.submissions.get().status for job in (task, picture)] == [by_ratio, by_size]


@pytest.mark.parametrize("fields", [BY_RATIO, BY_SIZE])
def test_a_limit_is_waited_for(key, fields):
    job = order(key, "a vase [429:7]", **fields)
    token = leases.take(0)

    asyncio.run(Pump(0, token, linger=0.0).run(1.0))

    row = job.submissions.get()
    assert (row.status, row.tries) == ("queued", 0)
    assert row.not_before > timezone.now()


@pytest.mark.parametrize(("mark", "state"), [("[gone]", "lost"), ("[torn]", "lost")])
@pytest.mark.parametrize("fields", [BY_RATIO, BY_SIZE])
def test_pictures_that_cannot_be_had_are_given_up_with_their_address_kept(key, fields, mark, state):
    job = order(key, f"a vase [fast] {mark}", **fields)

    for _ in range(4):  # inside the answer, then by address, then where it is asked for again
        develop()

    image = job.images.get()
    assert (image.state, Job.objects.get(pk=job.pk).status) == (state, "failed")
    assert image.url.startswith("http")


def test_a_key_is_tried_for_nothing(key):
    probing.probe(key)

    key.refresh_from_db()
    assert key.test_status == "ok"
