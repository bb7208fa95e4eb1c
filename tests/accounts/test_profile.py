"""A member's own page and the choices of the account menu."""

from __future__ import annotations

import pytest
from django.test import Client

from studio.accounts.models import Role, User
from tests.accounts.conftest import HTMX
from tests.conftest import PASSWORD, signed_in

NEW = "another sentence is fine"


def test_a_member_changes_name_language_and_appearance(as_bob: Client, bob: User) -> None:
    response = as_bob.post("/me/", {"name": "Bob B.", "language": "zh-hans", "theme": "dark"})

    assert (response.status_code, response["Location"]) == (302, "/me/")
    bob.refresh_from_db()
    assert (bob.name, bob.language, bob.theme) == ("Bob B.", "zh-hans", "dark")
    page = as_bob.get("/me/").text
    assert '<html lang="zh-CN" data-theme="dark">' in page


def test_an_error_keeps_what_was_typed_and_changes_nothing(as_bob: Client, bob: User) -> None:
    response = as_bob.post("/me/", {"name": " ", "language": "tlh", "theme": "dark"})

    assert sorted(response.context["profile"].errors) == ["language", "name"]
    assert "Bob Member" in response.text
    bob.refresh_from_db()
    assert (bob.name, bob.language, bob.theme) == ("Bob Member", "", "")


@pytest.mark.promise(35)
@pytest.mark.parametrize("url", ["/me/", "/me/sign-in/"])
def test_nobody_makes_themselves_more_than_they_are(as_bob: Client, bob: User, url: str) -> None:
    data = {
        "name": "Bob", "language": "", "theme": "", "email": "bob@example.com",
        "password": PASSWORD, "new_password": "",
        "role": "admin", "is_admin": "on", "is_disabled": "on", "uid": "0" * 32, "id": "1",
        "seen_at": "2001-01-01", "is_superuser": "on",
    }  # fmt: skip

    response = as_bob.post(url, data)

    assert response.status_code == 302
    after = User.objects.get(pk=bob.pk)
    assert (after.role, after.is_disabled, after.uid) == (Role.MEMBER, False, bob.uid)
    assert after.seen_at.year > 2001


def test_a_new_password_keeps_this_session_and_ends_the_others(bob: User) -> None:
    desk, phone = signed_in(bob), signed_in(bob)
    data = {"email": "bob@example.com", "password": PASSWORD, "new_password": NEW}

    response = desk.post("/me/sign-in/", data)

    assert response.status_code == 302
    assert desk.get("/me/").status_code == 200
    assert phone.get("/me/").status_code == 302
    bob.refresh_from_db()
    assert bob.check_password(NEW)


def test_the_email_changes_with_the_present_password(as_bob: Client, bob: User) -> None:
    data = {"email": "Robert@Example.com", "password": PASSWORD, "new_password": ""}

    as_bob.post("/me/sign-in/", data)

    bob.refresh_from_db()
    assert bob.email == "robert@example.com"
    assert bob.check_password(PASSWORD)
    assert as_bob.get("/me/").status_code == 200


@pytest.mark.parametrize(
    ("change", "field", "error"),
    [
        (
            {"password": "wrong horse battery"},
            "password",
            "not your current password. 4 tries left",
        ),
        ({"password": ""}, "password", "required"),
        ({"new_password": "too short"}, "new_password", "at least 12"),
        ({"new_password": "bob@example.com"}, "new_password", "too similar"),
        ({"email": "ALICE@example.com"}, "email", "already uses this email"),
        ({"email": "bob"}, "email", "valid email"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    as_bob: Client, bob: User, alice: User, change: dict[str, str], field: str, error: str
) -> None:
    data = {"email": "bob@example.com", "password": PASSWORD, "new_password": "", **change}

    response = as_bob.post("/me/sign-in/", data)

    assert list(response.context["details"].errors) == [field]
    assert error in response.context["details"].errors[field][0]
    assert PASSWORD not in response.text
    after = User.objects.get(pk=bob.pk)
    assert (after.email, after.password) == (bob.email, bob.password)


@pytest.mark.parametrize("theme", ["dark", "light", ""])
def test_the_menu_sets_the_appearance(as_bob: Client, bob: User, theme: str) -> None:
    quiet = as_bob.post("/me/theme/", {"theme": theme}, headers=HTMX)
    plain = as_bob.post("/me/theme/", {"theme": theme, "next": "/team/"})

    assert quiet.status_code == 204
    assert (plain.status_code, plain["Location"]) == (302, "/team/")
    bob.refresh_from_db()
    assert bob.theme == theme


def test_the_menu_knows_no_other_appearance(as_bob: Client, bob: User) -> None:
    assert as_bob.post("/me/theme/", {"theme": "pink"}).status_code == 400
    bob.refresh_from_db()
    assert bob.theme == ""
