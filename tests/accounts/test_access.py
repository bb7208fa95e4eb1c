"""Who gets what behind each address of this room (promise 34)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from studio.accounts.actions import reset_path
from studio.accounts.models import Invitation, Role, User
from studio.accounts.urls import urlpatterns
from tests.conftest import signed_in

LOGIN = "to login"
NEW = {"password": "another sentence is fine"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """What nobody, a disabled member, a member and an admin get: a status, or LOGIN."""

    method: str = "POST"
    data: dict[str, str]
    nobody: int | str
    disabled: int | str
    member: int
    admin: int


def public(status: int, *, method: str = "GET", **data: str) -> Row:
    return Row(
        method=method, data=data, nobody=status, disabled=status, member=status, admin=status
    )


def members(status: int, *, method: str = "POST", **data: str) -> Row:
    return Row(method=method, data=data, nobody=LOGIN, disabled=LOGIN, member=status, admin=status)


def admins(status: int, **data: str) -> Row:
    return Row(data=data, nobody=LOGIN, disabled=LOGIN, member=403, admin=status)


MATRIX = {
    "first-run": public(404),
    "login": Row(method="GET", data={}, nobody=200, disabled=200, member=302, admin=302),
    "logout": public(302, method="POST"),
    "invitation": public(200),
    "reset": public(200),
    "reset-link": public(200),
    "profile": members(200, method="GET"),
    "profile-sign-in": members(200),
    "set-theme": members(302, theme="dark"),
    "set-language": public(302, method="POST", language="en"),
    "team": members(200, method="GET"),
    "team-invite": admins(200, role="member"),
    "team-withdraw": admins(302),
    "team-role": admins(302, role="member"),
    "team-disable": admins(302),
    "team-enable": admins(302),
    "team-link": admins(200),
}
PEOPLE = ["nobody", "disabled", "member", "admin"]


@pytest.fixture
def people(alice: User, bob: User, charlie: User) -> dict[str, Client]:
    out = signed_in(bob)
    bob.disable()
    return {
        "nobody": Client(),
        "disabled": out,
        "member": signed_in(charlie),
        "admin": signed_in(alice),
    }


@pytest.fixture
def urls(alice: User) -> dict[str, str]:
    """An address for each row, with a member and an invitation that are really there."""
    dora = User.objects.create_user("dora@example.com", name="Dora Third")
    found, token = Invitation.objects.invite(alice, role=Role.MEMBER)
    special = {
        "invitation": reverse("invitation", args=[token]),
        "reset-link": reset_path(dora),
        "team-withdraw": reverse("team-withdraw", args=[found.uid]),
    }
    about_dora = {"team-role", "team-disable", "team-enable", "team-link"}
    plain = {
        name: reverse(name, args=[dora.uid] if name in about_dora else [])
        for name in MATRIX
        if name not in special
    }
    return plain | special


@pytest.mark.promise(34)
def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(MATRIX)


@pytest.mark.promise(34)
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", MATRIX)
def test_who_gets_what(
    people: dict[str, Client], urls: dict[str, str], name: str, who: str
) -> None:
    row = MATRIX[name]

    response = people[who].generic(
        row.method, urls[name], encoded(row.data), "application/x-www-form-urlencoded"
    )

    expected = getattr(row, who)
    if expected == LOGIN:
        assert response.status_code == 302
        assert response["Location"].startswith("/login/?next=")
        assert isinstance(response.wsgi_request.user, AnonymousUser)
    else:
        assert response.status_code == expected


def encoded(data: dict[str, str]) -> str:
    return "&".join(f"{key}={value}" for key, value in data.items())


@pytest.mark.promise(34)
@pytest.mark.parametrize("name", [name for name, row in MATRIX.items() if row.method == "POST"])
def test_what_changes_something_takes_no_link(
    people: dict[str, Client], urls: dict[str, str], name: str
) -> None:
    assert people["admin"].get(urls[name]).status_code == 405


@pytest.mark.promise(34)
@pytest.mark.parametrize("who", ["nobody", "disabled", "member"])
def test_only_an_admin_changes_the_team(
    people: dict[str, Client], urls: dict[str, str], who: str
) -> None:
    before = list(User.objects.order_by("pk").values("role", "is_disabled", "password"))

    for name in ["team-invite", "team-withdraw", "team-role", "team-disable", "team-enable"]:
        people[who].post(urls[name], {"role": "admin"})

    assert list(User.objects.order_by("pk").values("role", "is_disabled", "password")) == before
    assert Invitation.objects.open().count() == 1
