from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from studio.accounts.models import User
from studio.vault.errors import BadSecret, NoSecret
from studio.vault.models import ProviderKey
from tests.vault.conftest import SECRET, sealed_key


def stored(key: ProviderKey) -> ProviderKey:
    return ProviderKey.objects.get(pk=key.pk)


def pause_of(key: ProviderKey) -> tuple[bool, str]:
    row = stored(key)
    return row.is_paused, row.pause_code


# The secret


def test_a_secret_comes_back_and_is_not_in_the_row(alice: User) -> None:
    key = sealed_key(alice)

    row = stored(key)
    assert row.reveal() == SECRET
    assert row.last_four == "9c1e"
    assert SECRET.encode() not in bytes(row.sealed)
    assert SECRET not in repr(row) + str(row)


def test_blanks_around_a_secret_are_left_out(alice: User) -> None:
    assert sealed_key(alice, f" \t{SECRET}\n").reveal() == SECRET


@pytest.mark.parametrize(
    "wrong", ["", "  ", "two words", "line\nbreak", "schlüssel", "a\x00b", "a" * 501]
)
def test_what_cannot_be_a_key_is_refused(alice: User, wrong: str) -> None:
    with pytest.raises(BadSecret):
        sealed_key(alice, wrong)

    assert not ProviderKey.objects.exists()


def test_a_short_secret_shows_no_part_of_itself(alice: User) -> None:
    assert sealed_key(alice, "12345678").last_four == ""


def test_a_key_without_a_secret_says_so(alice: User) -> None:
    with pytest.raises(NoSecret):
        ProviderKey(owner=alice, provider="apimart").reveal()


@pytest.mark.parametrize("code", ["bad_key", "no_money", "no_permission"])
def test_another_secret_ends_a_pause_of_the_last_one(alice: User, code: str) -> None:
    key = sealed_key(alice)
    key.pause(code)

    key.set_secret("sk-another-0000000")

    assert pause_of(key) == (False, "")


def test_another_secret_does_not_end_its_owners_pause(alice: User) -> None:
    key = sealed_key(alice)
    key.pause()

    key.set_secret("sk-another-0000000")

    assert pause_of(key) == (True, "by_owner")


def test_another_secret_is_untested(alice: User) -> None:
    key = sealed_key(alice)
    key.note_test(ok=False, code="busy", detail="later", milliseconds=12)

    key.set_secret("sk-another-0000000")

    row = stored(key)
    assert (row.test_status, row.test_code, row.test_detail) == ("", "", "")
    assert (row.test_milliseconds, row.tested_at) == (None, None)


# The base URL


def test_the_providers_own_address_is_the_usual_one(alice: User) -> None:
    assert sealed_key(alice).url == "https://api.apimart.ai"


def test_a_key_may_have_its_own_address(alice: User) -> None:
    key = sealed_key(alice, base_url="https://mirror.example.com/v2")

    assert (key.url, key.host) == ("https://mirror.example.com/v2", "mirror.example.com")


def test_a_sandbox_key_goes_to_the_sandbox_and_nowhere_else(
    alice: User, settings: Settings
) -> None:
    settings.STUDIO_SANDBOX_URL = "http://127.0.0.1:8000/sandbox"

    key = sealed_key(alice, is_sandbox=True, base_url="https://elsewhere.example.com")

    assert key.url == "http://127.0.0.1:8000/sandbox/apimart"


def test_a_provider_that_is_gone_breaks_nothing(alice: User) -> None:
    key = sealed_key(alice, provider="gone")

    assert (key.url, key.host, key.caps, key.name) == ("", "", "", "gone")


@pytest.mark.promise(28)
def test_another_base_url_forgets_the_secret(alice: User) -> None:
    key = sealed_key(alice)

    key.move_to("https://mirror.example.com")

    row = stored(key)
    assert row.base_url == "https://mirror.example.com"
    assert bytes(row.sealed) == b""
    assert pause_of(key) == (True, "no_secret")
    with pytest.raises(NoSecret):
        row.reveal()


@pytest.mark.promise(28)
def test_a_key_without_its_secret_cannot_be_resumed(alice: User) -> None:
    key = sealed_key(alice)
    key.move_to("https://mirror.example.com")

    assert not key.resume()

    assert pause_of(key) == (True, "no_secret")


def test_the_secret_for_the_new_address_ends_the_pause(alice: User) -> None:
    key = sealed_key(alice)
    key.move_to("https://mirror.example.com")

    key.set_secret("sk-for-the-mirror")

    assert pause_of(key) == (False, "")


def test_moving_does_not_end_its_owners_pause(alice: User) -> None:
    key = sealed_key(alice)
    key.pause()

    key.move_to("https://mirror.example.com")
    key.set_secret("sk-for-the-mirror")

    assert pause_of(key) == (True, "by_owner")


# Pausing


def test_the_first_pause_wins(alice: User) -> None:
    key = sealed_key(alice)

    assert key.pause()
    assert not key.pause("bad_key")
    assert pause_of(key) == (True, "by_owner")


def test_resuming_ends_a_pause_once(alice: User) -> None:
    key = sealed_key(alice)
    key.pause("no_money")

    assert key.resume()
    assert not key.resume()
    assert pause_of(key) == (False, "")


def test_a_refusal_of_the_last_secret_does_not_pause_its_successor(alice: User) -> None:
    in_flight = sealed_key(alice)
    stored(in_flight).set_secret("sk-another-0000000")

    assert not in_flight.pause("bad_key")

    assert pause_of(in_flight) == (False, "")


def test_a_refusal_counts_while_master_keys_are_rotated(alice: User) -> None:
    in_flight = sealed_key(alice)
    stored(in_flight).reseal()

    assert in_flight.pause("bad_key")


# Tests


def test_a_test_is_waited_for_and_then_given_up(alice: User) -> None:
    key = sealed_key(alice)

    key.start_test()

    assert (key.is_testing, key.is_test_overdue) == (True, False)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert (stored(key).is_testing, stored(key).is_test_overdue) == (False, True)


def test_a_passed_test_is_noted(alice: User) -> None:
    key = sealed_key(alice)
    key.start_test()

    assert key.note_test(ok=True, milliseconds=214)

    row = stored(key)
    assert (row.test_status, row.test_code, row.test_milliseconds) == ("ok", "", 214)
    assert not row.is_testing


@pytest.mark.parametrize("code", ["bad_key", "no_money", "no_permission"])
def test_a_refused_test_pauses_and_a_passed_one_resumes(alice: User, code: str) -> None:
    key = sealed_key(alice)

    key.note_test(ok=False, code=code)
    paused = pause_of(key)
    key.note_test(ok=True)

    assert paused == (True, code)
    assert pause_of(key) == (False, "")


@pytest.mark.parametrize("code", ["busy", "limited", "broken_answer", "never_sent"])
def test_a_test_that_says_nothing_about_the_key_does_not_pause_it(alice: User, code: str) -> None:
    key = sealed_key(alice)

    key.note_test(ok=False, code=code)

    assert pause_of(key) == (False, "")
    assert stored(key).test_code == code


def test_a_passed_test_does_not_end_its_owners_pause(alice: User) -> None:
    key = sealed_key(alice)
    key.pause()

    key.note_test(ok=True)

    assert pause_of(key) == (True, "by_owner")


def test_a_test_of_the_last_secret_says_nothing_about_its_successor(alice: User) -> None:
    in_flight = sealed_key(alice)
    in_flight.start_test()
    stored(in_flight).set_secret("sk-another-0000000")

    assert not in_flight.note_test(ok=False, code="bad_key")

    assert stored(in_flight).test_status == ""
    assert pause_of(in_flight) == (False, "")


@pytest.mark.promise(29)
def test_a_provider_that_repeats_the_key_is_not_quoted(alice: User) -> None:
    key = sealed_key(alice)

    key.note_test(ok=False, code="bad_key", detail=f"Incorrect API key provided: {SECRET}.")

    assert stored(key).test_detail == "Incorrect API key provided: …."


def test_a_key_that_cannot_be_opened_can_be_noted(alice: User) -> None:
    key = sealed_key(alice)
    ProviderKey.objects.filter(pk=key.pk).update(sealed=b"\x01" + bytes(60))

    assert stored(key).note_test(ok=False, code="cannot_open", detail="whatever")

    assert (stored(key).test_code, stored(key).test_detail) == ("cannot_open", "")


# Default, sharing, use, end


def test_one_key_is_the_default(alice: User, bob: User) -> None:
    first, second, his = sealed_key(alice), sealed_key(alice), sealed_key(bob)

    for key in (his, first, second):
        key.make_default()

    assert set(ProviderKey.objects.filter(is_default=True)) == {second, his}
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderKey.objects.filter(pk=first.pk).update(is_default=True)


def test_use_is_kept_to_the_minute(alice: User, django_assert_num_queries: object) -> None:
    key = sealed_key(alice)

    with django_assert_num_queries(1):  # type: ignore[operator]
        key.note_use()
        key.note_use()

    assert stored(key).used_at == key.used_at


def test_a_deleted_key_keeps_its_name_and_nothing_else(alice: User) -> None:
    key = sealed_key(alice, label="Studio")
    key.share(is_shared=True)
    key.make_default()

    key.delete_softly()

    row = stored(key)
    assert bytes(row.sealed) == b""
    assert row.deleted_at is not None
    assert (row.is_shared, row.is_default, row.is_paused) == (False, False, True)
    assert (row.label, row.provider, row.last_four) == ("Studio", "apimart", "9c1e")


def test_a_deleted_key_does_not_come_back(alice: User) -> None:
    stale = sealed_key(alice)
    stored(stale).delete_softly()

    stale.set_secret("sk-another-0000000")
    stale.make_default()
    stale.share(is_shared=True)

    row = stored(stale)
    assert bytes(row.sealed) == b""
    assert (row.is_shared, row.is_default) == (False, False)
