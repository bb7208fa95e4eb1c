"""GPTImage2 Plus from the queue to the archive, on its sandbox over HTTP."""

from __future__ import annotations

import asyncio

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from studio.engine import leases, probing, saving
from studio.engine.pump import Pump
from studio.jobs.models import Image, Job, JobReference
from studio.jobs.references import add_file
from studio.vault.models import TestStatus as Verdict
from tests.conftest import make_job, make_key
from tests.jobs.pictures import photo, written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(bob, live_server, settings):
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob, provider="gptimage2plus")
    key.set_secret("sandbox-0123456789")
    return key


def order(key, prompt: str, **fields) -> Job:
    return make_job(key.owner, key, prompt=prompt, **{"ratio": "3:2", "resolution": "", **fields})


def pump(seconds: float = 20.0) -> None:
    """One slice, ended as soon as nothing is left."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(seconds))


def save_all() -> None:
    """What the workers do with the hints of the pump."""
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


@pytest.mark.parametrize(
    ("fields", "size", "credits_"),
    [
        ({"ratio": "1:1", "quality": "low"}, (1024, 1024), 2),
        ({"ratio": "2:3"}, (1024, 1536), 8),
        ({"ratio": "", "width": 1536, "height": 1024}, (1536, 1024), 8),
        ({"quality": "high"}, (2048, 1360), 20),
    ],
)
def test_an_order_travels_from_the_queue_to_the_archive(key, fields, size, credits_):
    job = order(key, "dunes at dawn [fast]", count=2, **fields)

    pump()
    save_all()

    images = list(job.images.order_by("number"))
    assert Job.objects.get(pk=job.pk).status == "succeeded"
    assert [(image.width, image.height, image.state) for image in images] == [(*size, "kept")] * 2
    assert len({image.sha256 for image in images}) == 2
    assert job.submissions.get().cost_credits == credits_


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_references_go_up_and_the_order_becomes_an_edit(key, kind):
    job = order(key, "the same at night [fast]")
    for position in range(2):
        file = SimpleUploadedFile("a", written(photo(60 + position), kind))
        reference = add_file(key.owner, file)
        JobReference.objects.create(job=job, reference=reference, position=position)

    pump()
    save_all()

    image = job.images.get()
    assert (image.state, image.width, image.height) == ("kept", 1536, 1024)


@pytest.mark.parametrize(
    ("mark", "status", "code"),
    [
        ("[fail]", "failed", "failed"),
        ("[block]", "blocked", "blocked"),
        ("[refuse]", "blocked", "blocked"),
        ("[400]", "failed", "bad_order"),
        ("[401]", "failed", "bad_key"),
        ("[402]", "failed", "no_money"),
        ("[403]", "failed", "no_permission"),
    ],
)
def test_each_definite_end_is_told_as_it_is_and_costs_nothing(key, mark, status, code):
    job = order(key, f"a vase {mark} [fast]")

    pump()

    row = job.submissions.get()
    key.refresh_from_db()
    assert (row.status, row.error_code, row.cost_credits) == (status, code, None)
    assert row.error_detail
    assert key.is_paused == (code in ("bad_key", "no_money", "no_permission"))


@pytest.mark.promise(7)
def test_429_waits_as_long_as_it_was_told(key):
    job = order(key, "a vase [429:7]")
    begun = timezone.now()

    pump(seconds=1.0)

    row = job.submissions.get()
    assert (row.status, row.error_code, row.tries) == ("queued", "", 0)
    assert 7 <= (row.not_before - begun).total_seconds() <= 10


@pytest.mark.promise(4)
def test_an_order_whose_answer_got_lost_goes_again_and_is_one_generation(key):
    job = order(key, "a vase [504] [fast]", quality="low")

    pump()
    save_all()

    row = job.submissions.get()
    sent = job.events.filter(kind="sent").count()
    assert (row.status, row.tries, sent, row.cost_credits) == ("succeeded", 2, 2, 1)
    assert job.images.count() == 1


@pytest.mark.promise(4)
@pytest.mark.parametrize("mark", ["[html]", "[500]", "[503]"])
def test_an_answer_that_cannot_be_read_is_asked_for_again(key, mark):
    job = order(key, f"a vase {mark}")

    pump(seconds=1.8)

    row = job.submissions.get()
    assert row.status == "queued"
    assert job.events.filter(kind="sent").count() == row.tries == 2


def test_a_forgotten_generation_is_asked_after_again_before_it_is_given_up(key):
    job = order(key, "a vase [lost] [fast]")

    pump(seconds=3.0)

    row = job.submissions.get()
    assert (row.status, row.forgotten_times > 0) == ("running", True)


def test_pictures_that_are_gone_are_given_up_with_their_address_kept(key):
    job = order(key, "a vase [fast] [gone]")

    for _ in range(3):  # where they lie is asked for again, twice
        pump()
        save_all()

    image = job.images.get()
    assert (image.state, Job.objects.get(pk=job.pk).status) == ("lost", "failed")
    assert image.url.endswith(".png")


def test_fewer_pictures_than_ordered_are_a_success_that_says_so(key):
    job = order(key, "a vase [fast] [short]", count=4)

    pump()
    save_all()

    assert Job.objects.get(pk=job.pk).status == "succeeded"
    assert (job.count, job.images.filter(state="kept").count()) == (4, 3)


@pytest.mark.parametrize(
    ("secret", "verdict", "code"),
    [
        ("sandbox-0123456789", Verdict.OK, ""),
        ("gimg_[401]-0123456789", Verdict.FAILED, "bad_key"),
        ("gimg_[403]-0123456789", Verdict.FAILED, "no_permission"),
        ("gimg_[html]-0123456789", Verdict.FAILED, "broken_answer"),
    ],
)
def test_the_key_test_tells_a_good_key_from_a_bad_one(key, secret, verdict, code):
    key.set_secret(secret)

    probing.probe(key)

    key.refresh_from_db()
    assert (key.test_status, key.test_code) == (verdict, code)
