"""Who gets what behind each address of this room (promise 34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from studio.jobs.models import Reference
from studio.jobs.states import Status
from studio.jobs.urls import urlpatterns
from tests.conftest import make_key, signed_in
from tests.jobs.composing import HTMX, ordered
from tests.jobs.masks import mask_file
from tests.jobs.pictures import photo, written
from tests.pages.scenes import add_picture, scene

PEOPLE = ["nobody", "disabled", "owner", "other", "admin"]
OUT = ("nobody", "disabled")


class Row(NamedTuple):
    """How it is asked, and what a member gets who owns it, one who does not, and an admin."""

    method: str
    owner: int
    others: int
    admin: int = 0  # like the others, unless told otherwise


def shared(status: int, method: str = "get") -> Row:
    """Everybody in the studio gets the same."""
    return Row(method, status, status)


def own(status: int, method: str = "post") -> Row:
    """The owner's alone; an admin is a stranger to it like anybody else."""
    return Row(method, status, 404)


def decided() -> Row:
    """The owner's and an admin's; and of the key's owner, which tests of its view show."""
    return Row("post", 302, 404, 302)


MATRIX = {
    "studio": shared(200),
    "older-jobs": shared(200),
    "providers": shared(200),
    "composer-options": shared(200),
    "job-place": Row("post", 302, 422),  # with the owner's own key
    "job-changes": shared(204),
    "job": shared(200),
    "job-body": shared(200),
    "job-cancel": own(302),
    "job-retry": own(302),
    "job-pick": own(302),
    "job-hide": own(302),
    "outcome-look-up": decided(),
    "outcome-charged": decided(),
    "outcome-not-charged": decided(),
    "outcome-send-again": decided(),
    "reference-add": shared(302, "post"),
    "reference-item": own(200, "get"),
    "reference-picture": own(200, "get"),
    "reference-original": own(200, "get"),
    "mask-painter": own(200, "get"),
    "mask-keep": own(302),
    "reference-from-image": shared(302, "post"),
    "picture": shared(200),
    "original": shared(200),
}
PLAIN = ("job-place", "job-changes")
CHANGING = [name for name, row in MATRIX.items() if row.method == "post"]


@pytest.fixture
def people(alice: User, bob: User, charlie: User) -> dict[str, Client]:
    dora = User.objects.create_user("dora@example.com", name="Dora Disabled")
    disabled = signed_in(dora)
    User.objects.filter(pk=dora.pk).update(is_disabled=True)
    return {
        "nobody": Client(),
        "disabled": disabled,
        "owner": signed_in(bob),
        "other": signed_in(charlie),
        "admin": signed_in(alice),
    }


@pytest.fixture
def ask(people: dict[str, Client], bob: User) -> Callable[..., Any]:
    """Asks for an address by name, as somebody, about things of bob's that are really there."""
    key = make_key(bob)
    job = scene(bob, key, Status.FAILED, error="busy")
    image = add_picture(job)
    doubt = scene(bob, key, Status.UNKNOWN, error="answer_lost").submissions.get()
    upload = SimpleUploadedFile("cat.png", written(photo()), "image/png")
    people["owner"].post("/references/add", {"files": [upload]})
    reference = Reference.objects.get()
    targets = {
        "picture": [image.uid, 384],
        "original": [image.uid],
        "reference-from-image": [image.uid],
        "reference-item": [reference.uid],
        "reference-picture": [reference.uid],
        "reference-original": [reference.uid],
        "mask-painter": [reference.uid],
        "mask-keep": [reference.uid],
        **{name: [doubt.pk] for name in MATRIX if name.startswith("outcome")},
        **{name: [job.uid] for name in MATRIX if name.startswith("job") and name not in PLAIN},
    }

    def ask(name: str, who: str, method: str = "", **more: Any) -> Any:
        address = reverse(name, args=targets.get(name, []))
        data = ordered(key) if name == "job-place" else {}
        if name == "mask-keep":
            data = {"mask_file": mask_file()}
        response = getattr(people[who], method or MATRIX[name].method)(address, data, **more)
        response.getvalue()
        return response

    return ask


def rows() -> dict[str, list[dict[str, Any]]]:
    """All that this room keeps."""
    models = apps.get_app_config("jobs").get_models()
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


@pytest.mark.promise(34)
def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(MATRIX)


@pytest.mark.promise(34)
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", MATRIX)
def test_who_gets_what(ask: Callable[..., Any], name: str, who: str) -> None:
    before = rows()

    response = ask(name, who)

    if who in OUT:
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("login"))
    else:
        row = MATRIX[name]
        allowed = {"owner": row.owner, "admin": row.admin or row.others}
        assert response.status_code == allowed.get(who, row.others)
    if who in OUT or response.status_code in (404, 422):
        assert rows() == before


@pytest.mark.promise(34)
@pytest.mark.promise(39)
@pytest.mark.parametrize("who", OUT)
@pytest.mark.parametrize("name", MATRIX)
def test_a_page_that_is_still_open_gets_nothing(
    ask: Callable[..., Any], name: str, who: str
) -> None:
    response = ask(name, who, headers=HTMX)

    assert (response.status_code, response["HX-Trigger"]) == (401, "signed-out")
    assert b"moonlit" not in response.content


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", CHANGING)
def test_what_changes_something_takes_no_link(ask: Callable[..., Any], name: str) -> None:
    for method in ("get", "head"):
        assert ask(name, "owner", method).status_code == 405
