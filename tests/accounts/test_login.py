"""Signing in and out."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from tests.accounts.conftest import HTMX
from tests.conftest import PASSWORD

URL = "/login/"


def sign_in(client: Client, email: str = "bob@example.com", **fields: str):
    return client.post(URL, {"username": email, "password": PASSWORD, **fields})


def is_signed_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


@pytest.mark.parametrize("email", ["bob@example.com", "BOB@Example.com", "  bob@EXAMPLE.com "])
def test_a_member_signs_in_however_they_write_their_email(
    client: Client, bob: User, email: str
) -> None:
    response = sign_in(client, email)

    assert (response.status_code, response["Location"]) == (302, reverse("studio"))
    assert is_signed_in(client)


def test_the_page_is_shown_to_guests_and_never_kept(client: Client, bob: User) -> None:
    response = client.get(URL)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


def test_who_is_signed_in_is_sent_on(as_bob: Client) -> None:
    assert as_bob.get(f"{URL}?next=/team/")["Location"] == "/team/"


def test_staying_signed_in_lasts_for_30_days(client: Client, bob: User) -> None:
    cookie = sign_in(client, stay="on").cookies["sessionid"]

    assert cookie["max-age"] == 30 * 24 * 3600


def test_otherwise_the_session_ends_with_the_browser(client: Client, bob: User) -> None:
    cookie = sign_in(client).cookies["sessionid"]

    assert cookie["max-age"] == ""
    assert is_signed_in(client)


def test_a_wrong_password_keeps_the_email_and_says_how_many_tries_are_left(
    client: Client, bob: User
) -> None:
    response = sign_in(client, "Bob@example.com", password="wrong horse battery")

    assert response.status_code == 200
    assert "Email and password do not match. 4 tries left before a pause." in response.text
    assert 'value="Bob@example.com"' in response.text
    assert "wrong horse battery" not in response.text
    assert not is_signed_in(client)


def test_an_unknown_email_is_answered_like_a_wrong_password(client: Client, bob: User) -> None:
    wrong = sign_in(client, password="wrong horse battery").text
    unknown = sign_in(Client(), "nobody@example.com", password="wrong horse battery").text

    sentence = "Email and password do not match. 4 tries left before a pause."
    assert sentence in wrong
    assert sentence in unknown


def test_a_disabled_member_stays_outside(client: Client, bob: User) -> None:
    bob.is_disabled = True
    bob.save()

    response = sign_in(client)

    assert "Email and password do not match." in response.text
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/team/", "/team/"),
        ("/team/?page=2", "/team/?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_only_our_own_pages_come_next(client: Client, bob: User, wanted: str, given: str) -> None:
    assert sign_in(client, next=wanted)["Location"] == given


def test_a_guest_comes_back_to_the_page_they_wanted(client: Client, bob: User) -> None:
    response = client.get("/team/?page=2")

    assert response["Location"] == "/login/?next=/team/%3Fpage%3D2"


@pytest.mark.parametrize(
    ("sender", "back"),
    [
        ("http://testserver/me/?a=1", "/login/?next=/me/%3Fa%3D1"),
        ("https://evil.example/me/", "/login/?next="),
        ("", "/login/?next="),
    ],
)
def test_who_sent_a_form_comes_back_to_the_page_of_the_form(
    client: Client, bob: User, sender: str, back: str
) -> None:
    response = client.post("/me/sign-in/", headers={"Referer": sender})

    assert response["Location"] == back


def test_a_page_whose_session_ended_stays_as_it_is(client: Client, bob: User) -> None:
    response = client.get("/team/", headers=HTMX)

    assert response.status_code == 401
    assert response["HX-Trigger"] == "signed-out"
    assert "Location" not in response


def test_signing_out_ends_the_session(as_bob: Client) -> None:
    cookie = as_bob.cookies["sessionid"].value

    response = as_bob.post("/logout/")

    assert (response.status_code, response["Location"]) == (302, URL)
    other = Client()
    other.cookies["sessionid"] = cookie
    assert not is_signed_in(other)


def test_a_mere_link_signs_nobody_out(as_bob: Client) -> None:
    assert as_bob.get("/logout/").status_code == 405
    assert is_signed_in(as_bob)


def test_a_form_from_elsewhere_is_refused(bob: User) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert sign_in(strict).status_code == 403
