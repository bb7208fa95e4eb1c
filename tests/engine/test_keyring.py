"""Keys in the pump: shared, up to date, and never mixed with their successors."""

from __future__ import annotations

import pytest

from studio.engine.keyring import Keyring
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(bob):
    key = make_key(bob, is_sandbox=False, base_url="https://one.example.com")
    key.set_secret("sk-first-0123456789")
    return key


def fresh(key) -> ProviderKey:
    return ProviderKey.objects.get(pk=key.pk)


def test_all_submissions_of_a_key_are_lent_one_object(bob, key):
    rows = [make_job(bob, key).submissions.select_related("key").get() for _ in range(3)]
    keys = Keyring()

    lent = [keys.lend(row) for row in rows]

    assert {id(one) for one in lent} == {id(rows[0].key)}
    assert rows[2].key is rows[0].key


@pytest.mark.promise(28)
def test_a_call_that_has_begun_keeps_the_secret_and_the_address_that_belong_together(bob, key):
    row, keys = make_job(bob, key).submissions.select_related("key").get(), Keyring()
    keys.put([fresh(key)])
    before = keys.lend(row)

    key.move_to("https://two.example.com")
    key.set_secret("sk-second-0123456789")
    keys.put([fresh(key)])
    after = keys.lend(row)

    assert (before.url, before.reveal()) == ("https://one.example.com", "sk-first-0123456789")
    assert (after.url, after.reveal()) == ("https://two.example.com", "sk-second-0123456789")
    assert row.key is after


def test_a_key_that_is_as_it_was_stays_the_same_object(bob, key):
    keys = Keyring()
    keys.put([fresh(key)])
    row = make_job(bob, key).submissions.select_related("key").get()
    before = keys.lend(row)

    keys.put([fresh(key)])

    assert keys.lend(row) is before
