"""Files that come in with a form: bounded while they stream, cleaned, never named by a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from studio.accounts.models import User
from studio.jobs import uploads
from studio.jobs.models import Job, Reference
from tests.conftest import make_key
from tests.jobs.composing import HTMX, ordered, sendable
from tests.jobs.pictures import GPS, photo, read, written

ADD, PLACE = "/references/add", "/jobs/place"
ARCHIVED = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}\.(png|jpg|webp)")


def file(name: str = "cat.png", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data if data is not None else written(photo()), "image/png")


def distinct(count: int) -> list[SimpleUploadedFile]:
    return [file(f"{n}.png", written(photo(20 + n))) for n in range(count)]


def folder(of: Path) -> set[Path]:
    return {path for path in of.rglob("*") if path.is_file()}


@pytest.mark.promise(41)
@pytest.mark.parametrize(
    "name",
    [
        "../../x.png",
        "/etc/passwd.png",
        "..\\..\\x.png",
        "x.php",
        "a\x00b.png",
        "🌙" * 100 + ".png",
        "<img src=x onerror=alert(1)>.png",
    ],
)
def test_no_name_becomes_a_path(as_bob: Client, name: str) -> None:
    before = folder(settings.STUDIO_DATA_DIR)

    response = as_bob.post(ADD, {"files": [file(name)]}, headers=HTMX)

    reference = Reference.objects.get()
    new = folder(settings.STUDIO_DATA_DIR) - before
    assert response.status_code == 200
    assert ARCHIVED.fullmatch(reference.path)
    assert all(path.is_relative_to(settings.STUDIO_DATA_DIR / "pictures") for path in new)


@pytest.mark.promise(40)
def test_where_a_photo_was_taken_is_not_kept(as_bob: Client) -> None:
    picture = photo()
    exif = picture.getexif()
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    exif[0x010E] = "my secret garden"
    data = written(picture, "JPEG", exif=exif)
    assert b"my secret garden" in data

    as_bob.post(ADD, {"files": [file("garden.jpg", data)]})

    reference = Reference.objects.get()
    with default_storage.open(reference.path) as archived:
        kept = archived.read()
    assert (reference.media_type, reference.width, reference.height) == ("image/jpeg", 60, 40)
    assert not read(kept).getexif()
    assert b"my secret garden" not in kept


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.png", b"hello", "notes.png: This is not a picture that can be used."),
        ("empty.png", b"", "empty.png: This is not a picture that can be used."),
        ("half.png", written(photo())[:300], "half.png: This picture is damaged"),
        ("a.svg", b"<svg onload=alert(1)>", "a.svg: This is not a picture"),
        ("<b>.png", b"", "&lt;b&gt;.png: This is not a picture"),
    ],
)
def test_what_is_no_picture_is_told_by_name_and_the_others_are_kept(
    as_bob: Client, name: str, data: bytes, words: str
) -> None:
    response = as_bob.post(ADD, {"files": [file(), file(name, data)]}, headers=HTMX)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert Reference.objects.count() == 1


def test_twenty_at_once_keep_sixteen_and_say_so(as_bob: Client) -> None:
    response = as_bob.post(ADD, {"files": distinct(20)}, headers=HTMX)

    assert response.status_code == 200
    assert Reference.objects.count() == uploads.MAX_FILES
    assert "Only 16 pictures can be added at once." in response.content.decode()


def test_a_file_that_is_too_large_is_refused_and_its_neighbours_are_kept(as_bob: Client) -> None:
    large = file("large.png", written(photo()) + bytes(uploads.MAX_FILE))
    [before, after] = distinct(2)

    response = as_bob.post(ADD, {"files": [before, large, after]}, headers=HTMX)

    assert response.status_code == 200
    assert "large.png: This file is too large." in response.content.decode()
    assert [row.width for row in Reference.objects.order_by("pk")] == [20, 21]


def test_a_large_file_within_the_limit_is_taken(as_bob: Client) -> None:
    data = written(photo())
    large = file("large.png", data + bytes(uploads.MAX_FILE - len(data)))

    as_bob.post(ADD, {"files": [large]}, headers=HTMX)

    assert Reference.objects.get().width == 60


@pytest.mark.parametrize(
    "data",
    [
        {"files": distinct(101)},
        {"prompt": "x" * 3_000_000},
        {"references": ["x"] * 1001},
    ],
)
@pytest.mark.parametrize("address", [ADD, PLACE])
def test_what_no_browser_sends_ends_in_words(
    as_bob: Client, address: str, data: dict[str, Iterable[Any]]
) -> None:
    page = as_bob.post(address, data)
    fragment = as_bob.post(address, data, headers=HTMX)

    assert (page.status_code, fragment.status_code) == (413, 413)
    assert "That is too much at once" in page.content.decode()
    assert fragment["Content-Type"] == "text/plain; charset=utf-8"
    assert fragment.content.decode().startswith("This is too much at once. Nothing was charged.")


def test_a_body_that_announces_too_much_is_not_read(as_bob: Client) -> None:
    data = {"files": [file()]}

    response = as_bob.post(ADD, data, CONTENT_LENGTH=uploads.MAX_BODY + 1)

    assert response.status_code == 413
    assert not Reference.objects.exists()


def test_nothing_of_a_stranger_is_kept(client: Client, bob: User) -> None:
    gate = uploads.Gate()
    gate.new_file("files", "x.png", "image/png", 3)

    assert gate.receive_data_chunk(b"abc", 0) is None
    assert client.post(ADD, {"files": [file()]}).status_code == 302
    assert not Reference.objects.exists()


# In the composer itself, without JavaScript -----------------------------------------------------


def test_files_in_the_order_become_its_references(as_bob: Client, bob: User) -> None:
    data = ordered(make_key(bob), files=distinct(2))

    response = as_bob.post(PLACE, data)

    uses = Job.objects.get().job_references.all()
    assert response.status_code == 302
    assert [use.reference.width for use in uses] == [20, 21]


def test_an_order_whose_file_is_no_picture_is_not_sent_without_it(
    as_bob: Client, bob: User
) -> None:
    data = ordered(make_key(bob), files=[file(), file("notes.txt", b"hello")])

    response = as_bob.post(PLACE, data)

    assert response.status_code == 422
    assert "notes.txt: This is not a picture" in response.content.decode()
    assert sendable(response)["references"] == [str(Reference.objects.get().uid)]
    assert not Job.objects.exists()
