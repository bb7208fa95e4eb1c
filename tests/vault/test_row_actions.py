"""The buttons of a row: test, pause, resume, share, default, delete, and the row itself."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from studio.accounts.models import User
from studio.vault.models import ProviderKey
from tests.vault.conftest import sealed_key

BUTTONS = ["key-test", "key-pause", "key-resume", "key-share"]


def url(name: str, key: ProviderKey) -> str:
    return reverse(name, args=[key.uid])


def test_a_test_is_handed_to_the_workers_by_id(
    as_bob: Client, bob: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    key = sealed_key(bob)

    with django_capture_on_commit_callbacks(execute=True):
        as_bob.post(url("key-test", key))

    key.refresh_from_db()
    task = OrmQ.objects.get().task
    assert key.is_testing
    assert (task["func"], task["args"]) == ("studio.engine.tasks.test_key", (key.pk,))


def test_pause_and_resume(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    as_bob.post(url("key-pause", key))
    paused = ProviderKey.objects.get()
    as_bob.post(url("key-resume", key))

    assert (paused.is_paused, paused.pause_code) == (True, "by_owner")
    assert not ProviderKey.objects.get().is_paused


def test_the_team_may_use_it_and_may_not(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    as_bob.post(url("key-share", key), {"is_shared": "on"})
    shared = ProviderKey.objects.get().is_shared
    as_bob.post(url("key-share", key))

    assert shared
    assert not ProviderKey.objects.get().is_shared


def test_another_default(as_bob: Client, bob: User) -> None:
    before, key = sealed_key(bob), sealed_key(bob)
    before.make_default()

    response = as_bob.post(url("key-default", key))

    assert response["Location"] == "/keys/"
    assert ProviderKey.objects.get(is_default=True) == key


def test_deleting_asks_first(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    html = as_bob.get(url("key-delete", key)).content.decode()

    assert f'id="dlg-delete-{key.uid}" aria-labelledby="title-delete-{key.uid}" open' in html
    assert ProviderKey.objects.get().deleted_at is None


def test_deleting_erases_the_secret(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)

    response = as_bob.post(url("key-delete", key))

    key.refresh_from_db()
    assert response["Location"] == "/keys/"
    assert key.deleted_at is not None
    assert not key.has_secret


def test_a_deleted_key_is_nobodys(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)
    key.delete_softly()

    assert as_bob.post(url("key-test", key)).status_code == 404


@pytest.mark.parametrize("name", BUTTONS)
def test_htmx_gets_the_row_and_others_the_page(as_bob: Client, bob: User, name: str) -> None:
    key = sealed_key(bob)

    fragment = as_bob.post(url(name, key), headers={"HX-Request": "true"})
    whole = as_bob.post(url(name, key))

    assert fragment.content.decode().strip().startswith('<article class="krow pv-apimart"')
    assert fragment.content.decode().count("<article") == 1
    assert (whole.status_code, whole["Location"]) == (302, "/keys/")


@pytest.mark.parametrize("name", [*BUTTONS, "key-default"])
def test_a_link_does_nothing(as_bob: Client, bob: User, name: str) -> None:
    assert as_bob.get(url(name, sealed_key(bob))).status_code == 405


def test_the_row_stops_asking_once_the_result_is_there(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob)
    key.start_test()
    waiting = as_bob.get(url("key-row", key)).content.decode()
    key.note_test(ok=True, milliseconds=12)
    done = as_bob.get(url("key-row", key)).content.decode()

    assert 'hx-trigger="every 1s"' in waiting
    assert "every 1s" not in done
    assert "Tested OK" in done


def test_a_sandbox_key_has_its_own_colour(as_bob: Client, bob: User) -> None:
    key = sealed_key(bob, is_sandbox=True)

    assert 'class="krow pv-demo"' in as_bob.get(url("key-row", key)).content.decode()
