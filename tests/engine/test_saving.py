"""Archiving: what is kept is what came, checked, once."""

from __future__ import annotations

import errno
import hashlib
import io
from datetime import timedelta

import httpx
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Pillow

from studio.engine import saving, tasks
from studio.jobs import pixels
from studio.jobs.errors import PictureError
from studio.jobs.models import Image, Submission
from studio.jobs.storage import thumbnail_name
from studio.providers.contract import Done, Picture
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db(transaction=True)


def a_png(colour: str = "#804020", size: tuple[int, int] = (640, 480)) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def archived(data: bytes) -> dict[str, str | int]:
    file = io.BytesIO(data)
    return saving.archive(file, hashlib.sha256(data).hexdigest(), pixels.decode(file))


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


# A dead address -----------------------------------------------------------------------------------


@pytest.fixture
def gone(bob, live_server, settings) -> Image:
    """A picture whose address answers 404, at a provider that may tell another one."""
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob)
    submission = Submission.objects.get(job=make_job(bob, key))
    Submission.objects.update(status="running", ticket={"task_id": "t"}, accepted_at=timezone.now())
    submission.refresh_from_db()
    submission.finish(Done(pictures=(Picture(url=f"{settings.STUDIO_SANDBOX_URL}/none.png"),)))
    return submission.images.get()


def again(image: Image) -> Image:
    return Image.objects.select_related("job", "submission__job", "submission__key").get(
        pk=image.pk
    )


def test_a_dead_address_is_asked_for_again_before_the_picture_is_given_up(gone):
    saving.save(again(gone))

    row = again(gone)
    assert (row.state, row.tries, row.submission.status) == ("pending", 1, "running")
    assert row.fetch_at > timezone.now() + timedelta(seconds=30)
    kinds = list(row.job.events.order_by("id").values_list("kind", flat=True))
    assert kinds == ["provider_done", "asked_again"]


def test_a_fresh_address_takes_the_place_of_the_dead_one(gone):
    first_done_at = again(gone).submission.done_at
    saving.save(again(gone))

    assert again(gone).submission.finish(Done(pictures=(Picture(url="https://a.example/2.png"),)))

    row = again(gone)
    assert (row.url, row.state, row.submission.status) == (
        "https://a.example/2.png",
        "pending",
        "saving",
    )
    assert row.fetch_at <= timezone.now()
    assert row.submission.done_at == first_done_at
    assert row.submission.images.count() == 1


@pytest.mark.parametrize("code", ["unknown_task", "failed", "key_deleted_late"])
def test_what_the_provider_says_then_undoes_no_picture(gone, code):
    kept = gone.submission.images.create(job=gone.job, number=2, state="kept", is_saved=True)
    saving.save(again(gone))

    again(gone).submission.fail(code)

    row = again(gone)
    assert (row.state, row.is_saved, row.submission.status) == ("lost", True, "succeeded")
    assert Image.objects.get(pk=kept.pk).is_kept


def test_a_dead_address_is_given_up_after_three_times(gone):
    for _ in range(3):
        saving.save(again(gone))
        again(gone).submission.finish(Done(pictures=(Picture(url=gone.url),)))

    row = again(gone)
    assert (row.state, row.tries, row.error_code) == ("lost", 2, "fetch_failed")
    assert (row.submission.status, row.submission.error_code) == ("failed", "pictures_lost")
    assert row.url


def test_it_is_not_asked_for_without_a_ticket_or_a_key(gone):
    gone.submission.key.delete_softly()
    saving.save(again(gone))
    without_key = again(gone).submission.status
    Submission.objects.update(ticket=None)
    gone.submission.key.refresh_from_db()

    saving.save(again(gone))

    assert (without_key, again(gone).submission.status) == ("saving", "saving")


def test_the_pump_asks_again_and_brings_the_picture_home(bob, gone):
    """The provider forgets nothing: what it tells is fetched, as if it had come at once."""
    answer = httpx.post(
        f"{gone.submission.key.url}/v1/images/generations",
        json={"model": "gpt-image-2", "prompt": "[fast]", "size": "1:1", "resolution": "1k"},
        headers={"Authorization": "Bearer demo-0123456789"},
        timeout=30,
    )
    key = gone.submission.key
    key.set_secret("demo-0123456789")
    ticket = {"task_id": answer.json()["data"][0]["task_id"]}
    Submission.objects.update(ticket=ticket, accepted_at=timezone.now() - timedelta(seconds=20))
    saving.save(again(gone))

    tasks.pump(0)
    tasks.save_picture(gone.pk)

    row = again(gone)
    assert (row.state, row.is_saved, row.submission.status) == ("kept", True, "succeeded")


# Shown first, drawn after -------------------------------------------------------------------------


@pytest.fixture
def inline(bob) -> Image:
    """A picture whose bytes are here already."""
    submission = Submission.objects.get(job=make_job(bob))
    Submission.objects.update(status="running")
    submission.refresh_from_db()
    done = Done(pictures=(Picture(data=a_png(f"#{submission.job_id:06x}", (2000, 1000))),))
    submission.finish(done, saving.spool(submission.pk, done))
    return submission.images.get()


def there(image: Image) -> list[int]:
    return [w for w in (384, 768, 1600) if default_storage.exists(thumbnail_name(image.sha256, w))]


def test_a_picture_is_shown_before_its_larger_thumbnails_are_drawn(inline, monkeypatch):
    seen = []

    def drawn(sha256, picture):
        row = again(inline)
        seen.append((row.state, row.is_saved, row.submission.status, there(row)))

    monkeypatch.setattr(saving, "draw", drawn)
    saving.save(again(inline))

    assert seen == [("kept", False, "succeeded", [384])]


@pytest.mark.promise(2)
def test_thumbnails_that_were_cut_short_are_drawn_later(inline, monkeypatch, as_bob):
    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(saving, "draw", killed)
        with pytest.raises(SystemExit):
            saving.save(again(inline))
    half = again(inline)
    early = as_bob.get(f"/pictures/{half.uid}/1600.webp")
    shown = Pillow.open(io.BytesIO(early.getvalue())).size
    Image.objects.update(fetch_at=timezone.now())
    due = list(saving.unsaved(0, timezone.now()))

    tasks.save_picture(half.pk)

    late = as_bob.get(f"/pictures/{half.uid}/1600.webp")
    assert (half.is_saved, there(half), due) == (False, [384, 768, 1600], [half])
    assert (shown, early["Cache-Control"]) == ((384, 192), "no-store")
    assert Pillow.open(io.BytesIO(late.getvalue())).size == (1600, 800)
    assert "immutable" in late["Cache-Control"]
    assert not list(saving.unsaved(0, timezone.now() + timedelta(days=1)))


def test_an_original_that_is_gone_is_not_drawn_for_ever(inline):
    saving.save(again(inline))
    default_storage.delete(again(inline).path)
    Image.objects.update(is_saved=False)

    saving.save(again(inline))

    assert again(inline).is_saved


# A full disk --------------------------------------------------------------------------------------


class Full(io.BytesIO):
    def write(self, _piece):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.promise(45)
def test_a_full_disk_costs_no_try_however_often_it_is_met(inline, monkeypatch):
    monkeypatch.setattr(saving, "draft", Full)

    for _ in range(9):
        saving.save(again(inline))

    row = again(inline)
    assert (row.state, row.tries, row.submission.status) == ("pending", 0, "saving")
    assert timezone.now() < row.fetch_at < timezone.now() + timedelta(seconds=11)
    assert default_storage.exists(row.spool)
