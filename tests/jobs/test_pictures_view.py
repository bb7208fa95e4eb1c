"""Archived pictures over HTTP: to members, harmless, and for ever the same."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from studio.jobs.models import Image
from studio.jobs.models.picture import THUMBNAIL_WIDTHS
from studio.jobs.states import Status
from studio.jobs.storage import thumbnail_name
from tests.conftest import make_key
from tests.jobs.composing import look
from tests.pages.scenes import add_picture, scene


@pytest.fixture
def image(bob: User) -> Image:
    return add_picture(scene(bob, make_key(bob), Status.SUCCEEDED, prompt="../../etc/passwd"))


def body(response: Any) -> bytes:
    data: bytes = response.getvalue()
    return data


def original(image: Image) -> str:
    return reverse("original", args=[image.uid])


@pytest.mark.parametrize("width", THUMBNAIL_WIDTHS)
def test_every_member_gets_a_thumbnail(as_charlie: Client, image: Image, width: int) -> None:
    response = as_charlie.get(f"/pictures/{image.uid}/{width}.webp")

    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert body(response)[8:12] == b"WEBP"
    assert response["Content-Disposition"].startswith("inline")


def test_the_original_is_untouched_and_shown_in_the_page(as_charlie: Client, image: Image) -> None:
    response = as_charlie.get(original(image))

    with default_storage.open(image.path) as file:
        assert body(response) == file.read()
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == str(image.size)
    name = f"darkroom-{image.job_id}-1.png"
    assert response["Content-Disposition"] == f'inline; filename="{name}"'


@pytest.mark.promise(41)
def test_a_download_is_named_by_numbers(as_bob: Client, image: Image) -> None:
    response = look(as_bob, original(image), download="")

    name = f"darkroom-{image.job_id}-1.png"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.promise(41)
@pytest.mark.parametrize(
    "ending", ["0.webp", "385.webp", "99999999999.webp", "384.png", "384.webp/../x", "%2e%2e.webp"]
)
def test_there_are_three_widths_and_one_format(as_bob: Client, image: Image, ending: str) -> None:
    assert as_bob.get(f"/pictures/{image.uid}/{ending}").status_code == 404


@pytest.mark.promise(37)
@pytest.mark.parametrize("kind", ["original", "thumbnail"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_picture_can_do_nothing_but_be_looked_at(
    as_bob: Client, image: Image, kind: str, method: str
) -> None:
    address = original(image) if kind == "original" else f"/pictures/{image.uid}/384.webp"

    response = look(as_bob, address, method)

    assert response.status_code == 200
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Content-Disposition" in response
    assert int(response["Content-Length"]) > 0


def test_a_head_brings_no_body(as_bob: Client, image: Image) -> None:
    assert body(as_bob.head(original(image))) == b""


def test_pictures_are_only_looked_at(as_bob: Client, image: Image) -> None:
    assert as_bob.post(original(image)).status_code == 405
    assert as_bob.delete(f"/pictures/{image.uid}/384.webp").status_code == 405


def test_strangers_get_none(client: Client, image: Image) -> None:
    for address in (original(image), f"/pictures/{image.uid}/384.webp"):
        assert client.get(address).status_code == 302


@pytest.mark.parametrize("state", ["pending", "lost"])
def test_what_was_not_kept_is_404(as_bob: Client, image: Image, state: str) -> None:
    Image.objects.update(state=state)

    assert as_bob.get(original(image)).status_code == 404
    assert as_bob.get(f"/pictures/{image.uid}/384.webp").status_code == 404


def test_a_file_that_is_missing_is_404(as_bob: Client, image: Image) -> None:
    default_storage.delete(image.path)
    default_storage.delete(thumbnail_name(image.sha256, 384))

    assert as_bob.get(original(image)).status_code == 404
    assert as_bob.get(f"/pictures/{image.uid}/384.webp").status_code == 404
    assert as_bob.get(f"/pictures/{uuid4()}").status_code == 404
