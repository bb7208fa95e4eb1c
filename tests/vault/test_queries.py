from __future__ import annotations

from pytest_django import Settings

from studio.accounts.models import User
from studio.vault.models import ProviderKey
from tests.vault.conftest import sealed_key


def test_members_use_their_own_and_shared_keys(alice: User, bob: User, charlie: User) -> None:
    own, private = sealed_key(bob), sealed_key(alice)
    shared = sealed_key(charlie, is_shared=True)

    usable = ProviderKey.objects.usable_by(bob)

    assert set(usable) == {own, shared}
    assert private not in usable


def test_nobody_uses_a_deleted_key(alice: User, bob: User) -> None:
    key = sealed_key(alice, is_shared=True)
    key.delete_softly()

    assert not ProviderKey.objects.usable_by(alice).exists()
    assert not ProviderKey.objects.usable_by(bob).exists()


def test_a_disabled_members_keys_are_not_for_others(alice: User, bob: User) -> None:
    sealed_key(alice, is_shared=True)
    alice.is_disabled = True
    alice.save()

    assert not ProviderKey.objects.usable_by(bob).exists()


def test_only_the_owner_changes_a_key(alice: User, bob: User) -> None:
    sealed_key(bob, is_shared=True)

    assert not ProviderKey.objects.owned_by(alice).exists()


def test_without_a_sandbox_its_keys_are_seen_and_not_used(alice: User, settings: Settings) -> None:
    settings.STUDIO_SANDBOX = False
    key = sealed_key(alice, is_sandbox=True)

    assert not ProviderKey.objects.usable_by(alice).exists()
    assert list(ProviderKey.objects.visible_to(alice)) == [key]


def test_own_keys_come_first_and_the_sandbox_last(alice: User, bob: User) -> None:
    shared = sealed_key(alice, is_shared=True)
    demo = sealed_key(bob, is_sandbox=True)
    real = sealed_key(bob)

    assert list(ProviderKey.objects.visible_to(bob)) == [real, demo, shared]
