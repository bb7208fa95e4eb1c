"""The team page."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import Invitation, Role, User
from tests.accounts.conftest import HTMX
from tests.conftest import signed_in


def test_a_member_sees_names_and_roles_only(as_bob: Client, alice: User, charlie: User) -> None:
    Invitation.objects.invite(alice, role=Role.MEMBER, email="noor@example.com")

    page = as_bob.get("/team/").text

    assert "Charlie Other" in page
    assert "Admin" in page
    for hidden in ["charlie@example.com", "noor@example.com", "Last seen", "<select", "Disable"]:
        assert hidden not in page


def test_an_admin_sees_controls(as_alice: Client, bob: User) -> None:
    Invitation.objects.invite(bob, role=Role.MEMBER, email="noor@example.com")

    page = as_alice.get("/team/").text

    for shown in ["bob@example.com", "noor@example.com", "Last seen", "Make a password link"]:
        assert shown in page


def test_the_page_asks_the_database_equally_often_for_many(
    as_alice: Client, alice: User, django_assert_num_queries
) -> None:
    alice.was_seen()
    for n in range(20):
        User.objects.create_user(f"member{n}@example.com", name=f"Member {n}")
        Invitation.objects.invite(alice, role=Role.MEMBER)

    with django_assert_num_queries(6):  # session, member, studio, members, invitations, hold
        as_alice.get("/team/")


def test_an_admin_changes_a_role(as_alice: Client, bob: User) -> None:
    response = as_alice.post(f"/team/{bob.uid}/role/", {"role": "admin"})

    bob.refresh_from_db()
    assert (response.status_code, bob.role) == (302, Role.ADMIN)


def test_htmx_gets_the_changed_team(as_alice: Client, bob: User) -> None:
    response = as_alice.post(f"/team/{bob.uid}/disable/", headers=HTMX)

    assert response.status_code == 200
    assert response.text.lstrip().startswith('<div class="stack s6" id="team"')
    assert "disabled" in response.text


def test_who_gives_up_being_admin_gets_a_fresh_page(
    as_alice: Client, bob: User, alice: User
) -> None:
    bob.become(Role.ADMIN)

    response = as_alice.post(f"/team/{alice.uid}/role/", {"role": "member"}, headers=HTMX)

    assert response["HX-Refresh"] == "true"
    assert "Invite" not in as_alice.get("/team/").text


def test_there_is_no_third_role(as_alice: Client, bob: User) -> None:
    response = as_alice.post(f"/team/{bob.uid}/role/", {"role": "owner"})

    bob.refresh_from_db()
    assert bob.role == Role.MEMBER
    assert "There is no such role." in response.text


@pytest.mark.promise(35)
def test_a_change_of_role_changes_nothing_else(as_alice: Client, bob: User) -> None:
    data = {"role": "admin", "email": "evil@example.com", "is_disabled": "on", "password": "x"}

    as_alice.post(f"/team/{bob.uid}/role/", data)

    after = User.objects.get(pk=bob.pk)
    assert (after.email, after.is_disabled, after.password) == (bob.email, False, bob.password)


def test_an_admin_lets_a_member_out_and_in_again(as_alice: Client, bob: User) -> None:
    as_alice.post(f"/team/{bob.uid}/disable/")
    bob.refresh_from_db()
    assert bob.is_disabled

    as_alice.post(f"/team/{bob.uid}/enable/")
    bob.refresh_from_db()
    assert not bob.is_disabled


@pytest.mark.promise(39)
def test_a_disabled_members_sessions_are_dead_at_once(as_alice: Client, bob: User) -> None:
    desk, phone = signed_in(bob), signed_in(bob)
    assert desk.get("/me/").status_code == phone.get("/me/").status_code == 200

    as_alice.post(f"/team/{bob.uid}/disable/")

    assert desk.get("/me/")["Location"] == "/login/?next=/me/"
    assert phone.post("/me/", {"name": "Still here"}).status_code == 302
    assert phone.get("/team/", headers=HTMX).status_code == 401
    bob.refresh_from_db()
    assert bob.name == "Bob Member"


@pytest.mark.parametrize(("path", "data"), [("disable", {}), ("role", {"role": "member"})])
def test_the_last_admin_stays(as_alice: Client, alice: User, bob: User, path: str, data) -> None:
    former = User.objects.create_user("eve@example.com", name="Eve", role=Role.ADMIN)
    former.disable()

    response = as_alice.post(f"/team/{alice.uid}/{path}/", data)

    alice.refresh_from_db()
    assert (alice.is_disabled, alice.role) == (False, Role.ADMIN)
    assert "This is the last admin who can sign in." in response.text


def test_two_admins_cannot_both_step_down_at_once(at_once, alice: User, bob: User) -> None:
    bob.become(Role.ADMIN)
    posts = [
        partial(signed_in(alice).post, f"/team/{bob.uid}/disable/"),
        partial(signed_in(bob).post, f"/team/{alice.uid}/disable/"),
        partial(signed_in(alice).post, f"/team/{alice.uid}/role/", {"role": "member"}),
        partial(signed_in(bob).post, f"/team/{bob.uid}/role/", {"role": "member"}),
    ]

    at_once(*posts)

    assert User.objects.filter(role=Role.ADMIN, is_disabled=False).count() == 1


def test_what_is_not_there_is_404(as_alice: Client, alice: User) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"

    for path in ["role", "disable", "enable", "link"]:
        assert as_alice.post(f"/team/{nobody}/{path}/", {"role": "admin"}).status_code == 404
    assert as_alice.post(f"/team/invitations/{nobody}/withdraw/").status_code == 404


def test_being_seen_is_noted_once_a_minute(as_bob: Client, bob: User) -> None:
    as_bob.get("/me/")
    bob.refresh_from_db()
    first = bob.seen_at
    assert first is not None
    assert bob.is_here

    as_bob.get("/me/")
    bob.refresh_from_db()
    assert bob.seen_at == first

    User.objects.update(seen_at=timezone.now() - timedelta(seconds=61))
    as_bob.get("/me/")
    bob.refresh_from_db()
    assert bob.seen_at > first
