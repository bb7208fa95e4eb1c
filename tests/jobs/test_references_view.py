"""The reference tray: files, links, our own pictures, and how each looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from studio.accounts.models import User
from studio.jobs.models import Image, Reference
from studio.jobs.sentences import PICTURES
from studio.jobs.states import Status
from tests.conftest import make_key
from tests.hostile_addresses import URLS
from tests.jobs.composing import HTMX, look, sendable
from tests.jobs.pictures import photo, written
from tests.pages.scenes import add_picture, scene

ADD = "/references/add"


@pytest.fixture
def image(charlie: User) -> Image:
    """A picture of somebody else: the team sees all of them."""
    return add_picture(scene(charlie, make_key(charlie), Status.SUCCEEDED))


def file(name: str = "cat.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, written(photo()), "image/png")


def item_of(reference: Reference) -> str:
    return f'<li class="ref" id="ref-{reference.uid}"'


# Add --------------------------------------------------------------------------------------------


def test_a_file_becomes_an_item_of_the_tray(as_bob: Client, bob: User) -> None:
    response = as_bob.post(ADD, {"files": [file()]}, headers=HTMX)

    reference = Reference.objects.get()
    assert response.status_code == 200
    assert item_of(reference) in response.content.decode()
    assert (reference.owner, reference.state, reference.media_type) == (bob, "ready", "image/png")


def test_equal_pictures_share_one_file(as_bob: Client) -> None:
    picture = written(photo())

    for _ in range(2):
        as_bob.post(ADD, {"files": [SimpleUploadedFile("a.png", picture)]})

    first, second = Reference.objects.all()
    assert first.path == second.path
    assert first.uid != second.uid


def test_without_javascript_the_pictures_are_in_the_tray_of_the_page(
    as_bob: Client, bob: User
) -> None:
    make_key(bob)
    bad = SimpleUploadedFile("notes.txt", b"hello")

    response = as_bob.post(ADD, {"files": [file(), bad, file()]}, follow=True)

    uids = [str(uid) for uid in Reference.objects.order_by("pk").values_list("uid", flat=True)]
    assert response.redirect_chain[0][1] == 302
    assert sendable(response)["references"] == uids
    assert "notes.txt: This is not a picture" in response.content.decode()


def test_nothing_at_all_is_no_error(as_bob: Client) -> None:
    assert as_bob.post(ADD, {}, headers=HTMX).status_code == 200
    assert as_bob.post(ADD, {}).status_code == 302
    assert not Reference.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_link_is_fetched_by_a_worker(as_bob: Client, bob: User) -> None:
    url = " https://pictures.example/cat.png "

    response = as_bob.post(ADD, {"url": url}, headers=HTMX)

    reference = Reference.objects.get()
    [message] = OrmQ.objects.all()
    assert (reference.state, reference.source_url) == ("fetching", url.strip())
    assert message.func() == "studio.engine.tasks.fetch_reference"
    assert f'hx-get="/references/{reference.uid}"' in response.content.decode()


@pytest.mark.promise(24)
@pytest.mark.parametrize("url", [url for url in URLS if url])
def test_an_address_that_is_not_public_is_refused_in_words(as_bob: Client, url: str) -> None:
    response = as_bob.post(ADD, {"url": url}, headers=HTMX)

    assert response.status_code == 200
    assert '<p class="error">' in response.content.decode()
    assert not Reference.objects.exists()


@pytest.mark.parametrize("url", ["\x00", "http://a\x00b/", "x" * 5000, "javascript:alert(1)"])
def test_what_is_no_address_is_refused_in_words(as_bob: Client, url: str) -> None:
    response = as_bob.post(ADD, {"url": url}, headers=HTMX)

    assert '<p class="error">' in response.content.decode()
    assert not Reference.objects.exists()


def test_adding_takes_no_link(as_bob: Client, image: Image) -> None:
    assert as_bob.get(ADD).status_code == 405
    assert as_bob.get(reverse("reference-from-image", args=[image.uid])).status_code == 405


def test_an_ended_session_is_told_to_the_page(client: Client, bob: User) -> None:
    response = client.post(ADD, {"files": [file()]}, headers=HTMX)

    assert (response.status_code, response["HX-Trigger"]) == (401, "signed-out")
    assert not Reference.objects.exists()


# Look again -------------------------------------------------------------------------------------


def test_an_item_that_is_being_fetched_asks_again(as_bob: Client, bob: User) -> None:
    reference = Reference.objects.create(owner=bob, state="fetching")

    html = as_bob.get(f"/references/{reference.uid}").content.decode()

    assert item_of(reference) in html
    assert 'hx-trigger="every 1s"' in html


def test_an_item_that_is_ready_asks_no_more(as_bob: Client, bob: User) -> None:
    reference = Reference.objects.create(owner=bob, state="ready")

    html = as_bob.get(f"/references/{reference.uid}").content.decode()

    assert f'src="/references/{reference.uid}/picture"' in html
    assert "hx-trigger" not in html


@pytest.mark.parametrize("code", [*PICTURES, "", "something_new"])
def test_an_item_that_failed_says_why(as_bob: Client, bob: User, code: str) -> None:
    reference = Reference.objects.create(owner=bob, state="failed", error_code=code)

    html = as_bob.get(f"/references/{reference.uid}").content.decode()

    words = str(PICTURES.get(code, PICTURES["picture_error"]))
    assert f'title="{words} Remove it."' in html
    assert "hx-trigger" not in html


@pytest.mark.parametrize("kind", ["", "/picture"])
def test_a_reference_is_seen_by_its_owner_alone(
    as_alice: Client, as_charlie: Client, as_bob: Client, kind: str
) -> None:
    as_bob.post(ADD, {"files": [file()]})
    address = f"/references/{Reference.objects.get().uid}{kind}"

    answers = [look(one, address).status_code for one in (as_bob, as_alice, as_charlie)]

    assert answers == [200, 404, 404]
    assert look(as_bob, address, "head").status_code == 200
    assert as_bob.post(address).status_code == 405


def test_the_picture_of_a_reference_is_a_small_webp(as_bob: Client) -> None:
    as_bob.post(ADD, {"files": [file()]})

    response = as_bob.get(f"/references/{Reference.objects.get().uid}/picture")

    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.getvalue()[8:12] == b"WEBP"


@pytest.mark.parametrize(
    "fields", [{"state": "fetching"}, {"state": "failed"}, {"sha256": "f" * 64}]
)
def test_a_picture_that_is_not_there_is_404(
    as_bob: Client, bob: User, fields: dict[str, Any]
) -> None:
    reference = Reference.objects.create(owner=bob, **fields)

    assert as_bob.get(f"/references/{reference.uid}/picture").status_code == 404


# From one of our own ----------------------------------------------------------------------------


def test_every_picture_of_the_studio_can_be_worked_from(
    as_bob: Client, bob: User, image: Image
) -> None:
    response = as_bob.post(f"/pictures/{image.uid}/reference", headers=HTMX)

    reference = Reference.objects.get()
    assert item_of(reference) in response.content.decode()
    assert (reference.owner, reference.path, reference.size) == (bob, image.path, image.size)
    assert look(as_bob, f"/references/{reference.uid}/picture").status_code == 200


def test_from_the_job_page_it_leads_to_a_composer_that_holds_it(
    as_bob: Client, bob: User, image: Image
) -> None:
    make_key(bob)

    response = as_bob.post(f"/pictures/{image.uid}/reference", follow=True)

    assert sendable(response)["references"] == [str(Reference.objects.get().uid)]


@pytest.mark.parametrize("state", ["pending", "lost"])
def test_a_picture_that_was_not_kept_cannot_be_worked_from(
    as_bob: Client, image: Image, state: str
) -> None:
    Image.objects.update(state=state)

    assert as_bob.post(f"/pictures/{image.uid}/reference").status_code == 404
    assert as_bob.post(f"/pictures/{uuid4()}/reference").status_code == 404


def test_a_reference_that_no_worker_speaks_of_is_given_up(
    as_bob: Client, bob: User, time_machine: Any
) -> None:
    reference = Reference.objects.create(owner=bob, state="fetching")

    waiting = as_bob.get(f"/references/{reference.uid}").content.decode()
    time_machine.move_to(reference.created_at + timedelta(minutes=3))
    given_up = as_bob.get(f"/references/{reference.uid}").content.decode()

    assert 'data-state="fetching"' in waiting
    assert 'data-state="failed"' in given_up
