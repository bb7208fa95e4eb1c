"""Files that no row names go after a day; whatever a row names, or is young, stays."""

from __future__ import annotations

import os
import time
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from studio.engine import hold, saving
from studio.engine.models import Reason
from studio.jobs.models import Image, Reference
from studio.jobs.states import Status
from studio.jobs.storage import ArchiveStorage, archive_name, thumbnail_name
from studio.upkeep import orphans, sweeps
from tests.conftest import make_key
from tests.pages.scenes import add_picture, scene

pytestmark = pytest.mark.django_db

ALL = [f"{number:02x}" for number in range(256)]
TWO_DAYS = 2 * 24 * 3600


def put(name: str, *, age: float = TWO_DAYS) -> str:
    default_storage.save(name, ContentFile(b"something"))
    then = time.time() - age
    os.utime(default_storage.path(name), (then, then))
    return name


def sha(words: str) -> str:
    return sha256(words.encode()).hexdigest()


def is_there(name: str) -> bool:
    return default_storage.exists(name)


@pytest.fixture
def kept(bob) -> Image:
    image = add_picture(scene(bob, make_key(bob), Status.SUCCEEDED))
    Image.objects.filter(pk=image.pk).update(
        sha256=sha("kept"), path=archive_name(sha("kept"), "png")
    )
    image.refresh_from_db()
    return image


def test_what_no_row_names_goes_with_its_thumbnails():
    names = [put(archive_name(sha("a"), "png")), put(thumbnail_name(sha("a"), 384))]

    assert orphans.sweep(ALL) == 2

    assert not any(map(is_there, names))


def test_what_a_picture_names_stays_with_its_thumbnails(kept: Image):
    names = [put(kept.path), put(thumbnail_name(kept.sha256, 1600))]

    assert orphans.sweep(ALL) == 0

    assert all(map(is_there, names))


def test_what_a_reference_names_stays(bob):
    name = put(archive_name(sha("b"), "webp"))
    Reference.objects.create(owner=bob, path=name, sha256=sha("b"))

    assert orphans.sweep(ALL) == 0
    assert is_there(name)


def test_what_is_young_stays():
    name = put(archive_name(sha("a"), "png"), age=23 * 3600)

    assert orphans.sweep(ALL) == 0
    assert is_there(name)


def test_what_the_studio_would_not_make_is_not_touched():
    names = [
        put("readme.txt"),
        put("ab/cd/notes.png"),
        put("ab/cd/short.384.webp"),
        put(f"ab/backup/{sha('a')}.png"),
        put(f"backups/{sha('a')[:2]}/{sha('a')}.png"),
    ]

    assert orphans.sweep(ALL) == 0
    assert all(map(is_there, names))


def test_drafts_that_were_left_go():
    old, young = put("ab/cd/.draft-x1_y"), put("ab/cd/.draft-x2", age=60)

    assert orphans.sweep(["ab"]) == 1
    assert (is_there(old), is_there(young)) == (False, True)


def test_spooled_bytes_stay_while_a_picture_waits_for_them(kept: Image):
    waiting, left = put(f"spool/{uuid4()}-1"), put(f"spool/{uuid4()}-1")
    Image.objects.update(spool=waiting, state="pending", sha256="")

    assert orphans.sweep([]) == 1
    assert (is_there(waiting), is_there(left)) == (True, False)


def test_a_row_that_comes_between_the_look_and_the_removal_saves_the_file(kept: Image, settings):
    name = put(archive_name(sha("late"), "png"))
    backend = {**settings.STORAGES["default"], "BACKEND": f"{__name__}.Slow"}
    settings.STORAGES = {**settings.STORAGES, "default": backend}

    assert orphans.sweep(ALL) == 0
    assert is_there(name)


class Slow(ArchiveStorage):
    """While it is asked how old a file is, somebody names the file."""

    def get_modified_time(self, name: str) -> datetime:
        Image.objects.update(sha256=sha("late"), path=name)
        return super().get_modified_time(name)


def test_a_picture_that_is_archived_again_makes_its_old_file_young():
    name = put(archive_name(sha("again"), "png"))

    saving._store(name, ContentFile(b"something"))

    assert orphans.sweep(ALL) == 0
    assert is_there(name)


def test_a_file_that_is_young_is_not_written_again():
    name = put(archive_name(sha("again"), "png"), age=3600)
    before = Path(default_storage.path(name)).stat().st_mtime_ns

    saving._store(name, ContentFile(b"something"))

    assert Path(default_storage.path(name)).stat().st_mtime_ns == before


def test_every_folder_has_its_turn_in_a_week():
    turns = [prefix for hour in range(orphans.HOURS) for prefix in orphans.turn_of(hour)]

    assert sorted(turns) == ALL
    assert max(len(orphans.turn_of(hour)) for hour in range(orphans.HOURS)) == 2


def test_a_restored_studio_removes_nothing_before_a_person_has_looked():
    name = put(f"spool/{uuid4()}-1")
    hold.begin(Reason.RESTORED, by="manage.py")

    sweeps.files()

    assert is_there(name)


def test_an_archive_that_is_not_there_yet_is_no_fault():
    assert orphans.sweep(ALL) == 0
