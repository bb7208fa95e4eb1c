"""The archive in a bucket: streamed up and down, whole or not there, and as the folder behaves."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage, storages
from django.test import Client, override_settings

from studio.accounts.models import User
from studio.jobs.bucket import BucketError
from studio.jobs.models import Image
from studio.jobs.states import Status
from studio.services import archive
from tests.conftest import make_key
from tests.pages.scenes import add_picture, scene
from tests.services import Services, free_port

NAME = "ab/cd/picture.png"
LARGE = 20 * 1024 * 1024  # more than one part


@pytest.fixture
def address(services: Services) -> str:
    return services.storage_url()


def bucket(address: str, **options: Any) -> Any:
    found = archive(address, settings.STUDIO_DATA_DIR, **options)
    return storages.create_storage(found)  # type: ignore[attr-defined]


@pytest.fixture
def in_a_bucket(address: str) -> Iterator[None]:
    """The studio keeps its pictures in a bucket."""
    default = archive(address, settings.STUDIO_DATA_DIR)
    with override_settings(STORAGES={**settings.STORAGES, "default": default}):
        yield


def test_what_is_saved_is_read_and_deleted(address: str):
    store = bucket(f"{address}/a/prefix")

    assert store.save(NAME, ContentFile(b"pixels")) == NAME
    assert store.exists(NAME)
    assert store.size(NAME) == 6
    with store.open(NAME) as file:
        assert (file.size, file.read()) == (6, b"pixels")
    store.delete(NAME)
    assert not store.exists(NAME)
    assert not bucket(address).exists(NAME), "it was below the prefix"


def test_the_same_name_is_the_same_file(address: str):
    store = bucket(address)

    assert [store.save(NAME, ContentFile(b"pixels")) for _ in range(2)] == [NAME, NAME]


def test_what_is_not_there_is_not_found(address: str):
    with pytest.raises(FileNotFoundError):
        bucket(address).open(NAME)


def test_large_files_go_and_come_in_pieces(address: str):
    store = bucket(address)
    reads: list[int] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reads.append(size or -1)
            return super().read(size)

    store.save(NAME, File(Watched(b"x" * LARGE)))
    with store.open(NAME) as file:
        pieces = list(file.chunks())

    assert 0 < max(reads) < LARGE
    assert min(reads) > 0, "nothing was read whole"
    assert sum(map(len, pieces)) == LARGE
    assert max(map(len, pieces)) <= File.DEFAULT_CHUNK_SIZE


@pytest.mark.promise(41)
@pytest.mark.parametrize("name", ["../outside.png", "ab/../../outside.png"])
def test_nothing_is_written_outside_of_the_prefix(address: str, name: str):
    with pytest.raises(Exception, match=r"denied|traversal"):
        bucket(f"{address}/prefix").save(name, ContentFile(b"x"))


def test_a_store_that_does_not_answer_is_named_without_its_secret():
    store = bucket(f"s3+http://key:hunter2@127.0.0.1:{free_port()}/pictures")
    store.client_config.connect_timeout = 0.2
    store.client_config.retries = {"total_max_attempts": 1}

    with pytest.raises(BucketError) as caught:
        store.check()

    assert "hunter2" not in str(caught.value)
    assert isinstance(caught.value, OSError)


def test_a_bucket_that_is_not_there_is_refused(address: str):
    store = bucket(address.replace("/darkroom-", "/elsewhere-"))

    with pytest.raises(BucketError, match="NoSuchBucket"):
        store.check()


def test_a_bucket_that_can_be_written_passes(address: str):
    store = bucket(address)

    store.check()

    assert store.listdir("spool") == ([], [])


def test_a_public_address_shows_the_file_to_anybody_for_five_minutes(address: str):
    endpoint = address.removeprefix("s3+http://key:secret@").partition("/")[0]
    store = bucket(address, public_url=f"http://{endpoint}")
    store.save(NAME, ContentFile(b"pixels"))

    shown = store.public_address(NAME, media_type="image/png", disposition="inline")

    answer = httpx.get(shown)
    assert answer.content == b"pixels"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline"
    assert "X-Amz-Expires=300" in shown
    assert "secret" not in shown


@pytest.mark.usefixtures("in_a_bucket")
def test_pictures_come_through_the_studio(bob: User, as_charlie: Client):
    image = add_picture(scene(bob, make_key(bob), Status.SUCCEEDED))

    full = as_charlie.get(f"/pictures/{image.uid}")
    small = as_charlie.get(f"/pictures/{image.uid}/384.webp")

    with default_storage.open(image.path) as file:
        assert full.getvalue() == file.read()
    assert full["Content-Length"] == str(image.size)
    assert full["Content-Type"] == "image/png"
    assert full["Cache-Control"] == "private, max-age=31536000, immutable"
    assert full["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (small.status_code, small["Content-Type"]) == (200, "image/webp")
    full.close()
    small.close()


@pytest.mark.usefixtures("in_a_bucket")
def test_a_picture_that_is_gone_from_the_bucket_is_not_found(bob: User, as_bob: Client):
    image = add_picture(scene(bob, make_key(bob), Status.SUCCEEDED))
    default_storage.delete(image.path)

    assert as_bob.get(f"/pictures/{image.uid}").status_code == 404


def test_browsers_that_may_are_sent_to_the_store(address: str, bob: User, as_bob: Client):
    endpoint = address.removeprefix("s3+http://key:secret@").partition("/")[0]
    default = archive(address, settings.STUDIO_DATA_DIR, public_url=f"http://{endpoint}")
    with override_settings(STORAGES={**settings.STORAGES, "default": default}):
        image: Image = add_picture(scene(bob, make_key(bob), Status.SUCCEEDED))

        shown = as_bob.get(f"/pictures/{image.uid}?download")

    assert shown.status_code == 302
    assert shown["Cache-Control"] == "private, max-age=240"
    answer = httpx.get(shown["Location"])
    assert len(answer.content) == image.size
    name = f"darkroom-{image.job_id}-1.png"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
