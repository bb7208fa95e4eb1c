"""How often a password may be tried (promise 38)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from axes.models import AccessFailureLog
from django.core.management import call_command
from django.test import Client

from studio.accounts.models import User
from studio.accounts.throttle import neighbourhood
from tests.conftest import PASSWORD, signed_in

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WRONG = "wrong horse battery"


def attempt(
    email: str = "bob@example.com", password: str = WRONG, address: str = "192.0.2.1", **headers
):
    data = {"username": email, "password": password}
    return Client(REMOTE_ADDR=address, headers=headers).post("/login/", data)


def statuses(*answers) -> list[int]:
    return [answer.status_code for answer in answers]


@pytest.mark.promise(38)
def test_the_sixth_try_at_an_account_is_refused_from_everywhere(bob: User) -> None:
    tries = [attempt(address=f"192.0.2.{n}") for n in range(1, 7)]

    assert statuses(*tries) == [200] * 5 + [429]
    assert AccessFailureLog.objects.count() == 5


@pytest.mark.promise(38)
def test_the_right_password_is_refused_too_while_it_is_closed(bob: User) -> None:
    for _n in range(5):
        attempt()

    response = attempt(password=PASSWORD, address="192.0.2.9")

    assert response.status_code == 429
    assert not response.wsgi_request.user.is_authenticated


@pytest.mark.promise(38)
def test_the_case_of_the_email_gives_no_more_tries(bob: User) -> None:
    spellings = ["bob@example.com", "BOB@example.com", "Bob@Example.Com", " bob@example.com "]

    tries = [attempt(spelling) for spelling in [*spellings, *spellings]]

    assert statuses(*tries) == [200] * 5 + [429] * 3


@pytest.mark.promise(38)
def test_unknown_accounts_are_counted_like_known_ones(bob: User) -> None:
    tries = [attempt("nobody@example.com") for _n in range(6)]

    assert statuses(*tries) == [200] * 5 + [429]


@pytest.mark.promise(38)
def test_the_eleventh_try_from_an_address_is_refused_for_every_account(bob: User) -> None:
    tries = [attempt(f"member{n}@example.com") for n in range(11)]

    assert statuses(*tries) == [200] * 10 + [429]
    assert attempt("other@example.com", address="192.0.2.2").status_code == 200


@pytest.mark.promise(38)
def test_an_own_account_does_not_reset_the_count_of_an_address(bob: User) -> None:
    for n in range(5):
        attempt(f"member{n}@example.com")
    assert attempt(password=PASSWORD).status_code == 302

    tries = [attempt(f"member{n}@example.com") for n in range(5, 11)]

    assert statuses(*tries) == [200] * 5 + [429]


@pytest.mark.promise(38)
def test_tries_at_the_same_moment_do_not_slip_through(at_once, bob: User) -> None:
    tries = [partial(attempt, address=f"192.0.2.{n}") for n in range(1, 13)]

    answers = at_once(*tries)

    assert sorted(statuses(*answers)) == [200] * 5 + [429] * 7


@pytest.mark.promise(38)
def test_nor_do_tries_at_many_accounts_from_one_address(at_once, bob: User) -> None:
    tries = [partial(attempt, f"member{n}@example.com") for n in range(14)]

    answers = at_once(*tries)

    assert sorted(statuses(*answers)) == [200] * 10 + [429] * 4


@pytest.mark.promise(38)
def test_the_present_password_cannot_be_guessed_on_the_profile_either(bob: User) -> None:
    client = signed_in(bob)
    data = {"email": "bob@example.com", "password": WRONG}

    tries = [client.post("/me/sign-in/", data) for _n in range(6)]

    assert statuses(*tries) == [200] * 5 + [429]
    assert "This is not your current password. 4 tries left" in tries[0].text
    assert "Too many tries. Try again in 5 minutes." in tries[5].text
    assert attempt(password=PASSWORD, address="192.0.2.9").status_code == 429


def test_right_passwords_count_for_nothing(bob: User) -> None:
    answers = [attempt(password=PASSWORD) for _n in range(12)]

    assert statuses(*answers) == [302] * 12
    assert not AccessFailureLog.objects.exists()


def test_an_account_opens_again_five_minutes_after_the_first_try(bob: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _n in range(5):
            attempt()
            clock.shift(timedelta(seconds=30))
        clock.move_to(NOON + timedelta(minutes=4, seconds=59))
        assert attempt().status_code == 429

        clock.move_to(NOON + timedelta(minutes=5, seconds=1))

        assert attempt().status_code == 200
        assert attempt().status_code == 429


def test_an_address_opens_again_after_a_minute(bob: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for n in range(10):
            attempt(f"member{n}@example.com")
        assert attempt().status_code == 429

        clock.shift(timedelta(seconds=61))

        assert attempt().status_code == 200


def test_refused_tries_do_not_make_it_longer(bob: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _n in range(5):
            attempt()
        clock.shift(timedelta(minutes=4))
        assert attempt().status_code == 429

        clock.shift(timedelta(seconds=61))

        assert attempt(password=PASSWORD).status_code == 302


def test_the_page_says_when_to_try_again_and_keeps_the_email(bob: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        last = [attempt() for _n in range(5)][-1]
        clock.shift(timedelta(minutes=1, seconds=30))

        refused = attempt()

    assert "That was the last try for now." in last.text
    assert "Too many tries. Try again in 4 minutes." in refused.text
    assert refused["Retry-After"] == "210"
    assert 'value="bob@example.com"' in refused.text


def test_old_failures_are_forgotten(bob: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        attempt()
        clock.shift(timedelta(minutes=30))

        attempt()

    assert AccessFailureLog.objects.count() == 1


def test_an_operator_can_open_an_account(bob: User, capsys: pytest.CaptureFixture[str]) -> None:
    for _n in range(5):
        attempt()

    call_command("axes_reset_username", "Bob@example.com")

    assert attempt(password=PASSWORD).status_code == 302


def test_no_password_is_kept_with_a_failure(bob: User) -> None:
    attempt()

    row = AccessFailureLog.objects.values().get()
    assert WRONG not in repr(row)
    assert (row["username"], row["ip_address"]) == ("bob@example.com", "192.0.2.1")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        (None, None),
    ],
)
def test_one_customers_network_counts_as_one_address(
    address: str | None, counted: str | None
) -> None:
    assert neighbourhood(address) == counted
