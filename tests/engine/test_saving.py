"""Archiving: what is kept is what came, checked, once."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Pillow

from studio.engine import saving
from studio.jobs.errors import PictureError
from studio.jobs.models import Image, Submission
from studio.providers.contract import Done, Picture
from tests.conftest import make_job

pytestmark = pytest.mark.django_db(transaction=True)


def a_png(colour: str = "#804020", size: tuple[int, int] = (640, 480)) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def archived(data: bytes) -> dict[str, str | int]:
    return saving.archive(io.BytesIO(data), hashlib.sha256(data).hexdigest())


def test_the_original_is_kept_untouched_with_its_facts():
    data = a_png()

    facts = archived(data)

    with default_storage.open(str(facts["path"])) as file:
        assert file.read() == data
    placeholder = bytes.fromhex(str(facts.pop("placeholder")).removeprefix("#"))
    assert all(abs(a - b) < 6 for a, b in zip(placeholder, b"\x80\x40\x20", strict=True))
    assert facts == {
        "path": facts["path"],
        "sha256": hashlib.sha256(data).hexdigest(),
        "media_type": "image/png",
        "size": len(data),
        "width": 640,
        "height": 480,
    }


def test_the_same_picture_twice_is_one_file():
    first, second = archived(a_png("#123456")), archived(a_png("#123456"))

    assert first == second


@pytest.mark.promise(40)
@pytest.mark.parametrize(
    "data", [b"", b"<html>gone</html>", b"GIF89a" + b"\0" * 50, a_png()[:200], b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_whole_picture_is_not_kept(data):
    with pytest.raises(PictureError):
        archived(data)


@pytest.fixture
def image(bob) -> Image:
    submission = Submission.objects.get(job=make_job(bob))
    Submission.objects.update(status="saving")
    return submission.images.create(
        job=submission.job, number=1, url="http://10.0.0.1/internal.png"
    )


@pytest.mark.promise(24)
def test_a_provider_cannot_send_us_into_a_private_network(image):
    saving.save(image)

    row = Image.objects.get(pk=image.pk)
    assert (row.state, row.tries) == ("pending", 1)


def test_it_is_tried_again_later_and_less_often(image):
    waits = []
    for _ in range(2):
        image.refresh_from_db()
        saving.save(image)
        waits.append(Image.objects.get(pk=image.pk).fetch_at - timezone.now())

    assert timedelta(0) < waits[0] < waits[1]


def test_a_picture_that_is_kept_is_not_kept_again_or_lost(image):
    facts = archived(a_png())

    assert image.keep(**facts)
    assert not image.keep(**facts)
    assert not image.lose("fetch_failed")


def test_bytes_that_came_inline_are_on_disk_before_the_row_says_done(image):
    data = a_png("#00ff00")
    done = Done(pictures=(Picture(url="https://a.example/1.png"), Picture(data=data)))

    spooled = saving.spool(image.submission.pk, done)

    assert list(spooled) == [2]
    with default_storage.open(spooled[2]) as file:
        assert file.read() == data


def test_spooled_bytes_are_archived_without_any_call_and_then_removed(bob):
    submission = Submission.objects.get(job=make_job(bob))
    Submission.objects.update(status="running")
    done = Done(pictures=(Picture(data=a_png("#0000ff")),))
    submission.finish(done, saving.spool(submission.pk, done))
    image = submission.images.get()

    saving.save(image)

    row = Image.objects.get(pk=image.pk)
    assert (row.state, row.width) == ("kept", 640)
    assert not default_storage.exists(row.spool)


def test_broken_inline_bytes_leave_the_address_to_be_tried(bob):
    submission = Submission.objects.get(job=make_job(bob))
    Submission.objects.update(status="running")
    done = Done(pictures=(Picture(data=b"torn", url="https://a.example/1.png"),))
    submission.finish(done, saving.spool(submission.pk, done))

    saving.save(submission.images.get())

    row = submission.images.get()
    assert (row.state, row.spool, row.tries) == ("pending", "", 0)


@pytest.mark.promise(45)
def test_an_archive_that_takes_nothing_is_waited_for_and_costs_no_try(bob, settings, tmp_path):
    place = {
        "BACKEND": "studio.jobs.storage.ArchiveStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = {**settings.STORAGES, "default": place}
    data = a_png("#00ffff")
    submission = Submission.objects.get(job=make_job(bob))
    Submission.objects.update(status="running")
    done = Done(pictures=(Picture(data=data),))
    submission.finish(done, saving.spool(submission.pk, done))
    in_the_way = tmp_path / hashlib.sha256(data).hexdigest()[:2]
    in_the_way.write_text("")

    saving.save(submission.images.get())
    waiting = submission.images.get()
    in_the_way.unlink()
    saving.save(waiting)

    assert (waiting.state, waiting.tries) == ("pending", 0)
    assert timezone.now() < waiting.fetch_at < timezone.now() + timedelta(seconds=11)
    assert submission.images.get().state == "kept"
