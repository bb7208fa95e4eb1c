"""Placing an order over HTTP: one card for one form, and nothing typed is ever lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from studio.accounts.models import User
from studio.jobs.models import Job, JobReference, Reference, Submission
from studio.vault.models import ProviderKey
from tests.conftest import NOBODYS, make_job, make_key, signed_in
from tests.jobs.composing import HTMX, ordered, sendable

PLACE = "/jobs/place"


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob)


def test_with_htmx_the_answer_is_the_card_and_a_new_token(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    data = ordered(key)

    response = as_bob.post(PLACE, data, headers=HTMX)

    job = Job.objects.get()
    html = response.content.decode()
    [token] = re.findall(r'name="form_token"[^>]* value="([^"]+)"', html)
    assert response.status_code == 200
    assert f'id="job-{job.pk}"' in html
    assert token != data["form_token"]
    assert (job.owner, job.key, job.prompt, job.count) == (bob, key, "an orange cat", 2)
    assert (job.ratio, job.resolution, job.status) == ("3:2", "2k", "queued")


def test_without_javascript_it_leads_back_to_the_sheet(as_bob: Client, key: ProviderKey) -> None:
    response = as_bob.post(PLACE, ordered(key))

    assert (response.status_code, response["Location"]) == (302, "/")
    assert Job.objects.count() == 1


def test_it_takes_no_link(as_bob: Client) -> None:
    assert as_bob.get(PLACE).status_code == 405


def test_an_ended_session_is_told_to_the_page(client: Client, key: ProviderKey) -> None:
    response = client.post(PLACE, ordered(key), headers=HTMX)

    assert (response.status_code, response["HX-Trigger"]) == (401, "signed-out")
    assert response["HX-Reswap"] == "none"
    assert not Job.objects.exists()


def test_another_site_cannot_order(bob: User, key: ProviderKey) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="studio.accounts.backends.EmailBackend")

    assert client.post(PLACE, ordered(key)).status_code == 403
    assert not Job.objects.exists()


# One form, one job ------------------------------------------------------------------------------


@pytest.mark.promise(12)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [HTMX, {}])
def test_equal_posts_at_once_make_one_job_and_show_one_card(
    bob: User, key: ProviderKey, headers: dict[str, str]
) -> None:
    data, clients, barrier = ordered(key), [signed_in(bob) for _ in range(6)], Barrier(6)

    def click(client: Client) -> Any:
        barrier.wait()
        try:
            return client.post(PLACE, data, headers=headers)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(click, clients))

    job = Job.objects.get()
    assert Submission.objects.count() == 1
    assert {answer.status_code for answer in answers} == ({200} if headers else {302})
    if headers:
        assert all(f'id="job-{job.pk}"' in answer.content.decode() for answer in answers)


@pytest.mark.promise(12)
def test_a_form_that_comes_again_later_shows_the_same_card(
    as_bob: Client, key: ProviderKey
) -> None:
    data = ordered(key)
    first = as_bob.post(PLACE, data, headers=HTMX)

    second = as_bob.post(PLACE, data, headers=HTMX)

    cards = [re.findall(r'id="job-(\d+)"', one.content.decode()) for one in (first, second)]
    assert cards[0] == cards[1]
    assert Job.objects.count() == 1


@pytest.mark.parametrize("change", [{"prompt": "a dog"}, {"count": "3"}, {"ratio": "auto"}])
def test_a_used_form_with_something_changed_is_not_taken_for_the_old_order(
    as_bob: Client, key: ProviderKey, change: dict[str, str]
) -> None:
    data = ordered(key)
    as_bob.post(PLACE, data)

    refused = as_bob.post(PLACE, data | change, headers=HTMX)
    placed = as_bob.post(PLACE, sendable(refused), headers=HTMX)

    assert (refused.status_code, placed.status_code) == (422, 200)
    assert "has placed an order already" in refused.content.decode()
    assert Job.objects.count() == 2


# Nothing typed is lost --------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_refused_order_keeps_all_that_was_typed_and_chosen(
    as_bob: Client, bob: User, headers: dict[str, str]
) -> None:
    make_key(bob)
    key = make_key(bob, label="second")
    made_from = make_job(bob, key)
    references = [str(Reference.objects.create(owner=bob).uid) for _ in range(2)]
    data = ordered(
        key,
        prompt='  two cats,\n\n"one" <b>asleep</b> & 🌙  ',
        ratio="16:9",
        resolution="4k",
        count="11",
        is_official_fallback="on",
        references=[references[1], references[0]],
        made_from=str(made_from.uid),
    )

    response = as_bob.post(PLACE, data, headers=headers)

    kept = sendable(response)
    assert response.status_code == 422
    assert kept.pop("form_token") != [data.pop("form_token")]
    assert str(key.uid) in kept.pop("compared")  # to begin with, should the switch be turned on
    assert kept == {
        name: value if isinstance(value, list) else [value] for name, value in data.items()
    }
    assert "makes 1 to 10 pictures at a time, not 11" in response.content.decode()
    assert ("HX-Retarget" in response) == bool(headers)
    assert Job.objects.count() == 1


def test_what_was_refused_goes_out_once_it_is_mended(as_bob: Client, key: ProviderKey) -> None:
    refused = as_bob.post(PLACE, ordered(key, prompt=" "), headers=HTMX)

    response = as_bob.post(PLACE, {**sendable(refused), "prompt": "a cat"}, headers=HTMX)

    assert "Describe the picture you want." in refused.content.decode()
    assert response.status_code == 200
    assert Job.objects.get().prompt == "a cat"


@pytest.mark.parametrize("token", [None, "", "garbage", "0" * 40, "\x00"])
def test_a_form_without_a_good_token_comes_back_with_one(
    as_bob: Client, key: ProviderKey, token: str | None
) -> None:
    refused = as_bob.post(PLACE, ordered(key, form_token=token), headers=HTMX)
    placed = as_bob.post(PLACE, sendable(refused), headers=HTMX)

    assert (refused.status_code, placed.status_code) == (422, 200)
    assert "too old to be sent" in refused.content.decode()
    assert Job.objects.count() == 1


# Mass assignment --------------------------------------------------------------------------------


@pytest.mark.promise(35)
def test_fields_that_nobody_offers_change_nothing(
    as_bob: Client, bob: User, charlie: User, key: ProviderKey
) -> None:
    other = make_job(charlie)
    extra = {
        "owner": charlie.pk,
        "owner_id": charlie.pk,
        "status": "succeeded",
        "cost": "0",
        "revision": "99",
        "is_hidden": "on",
        "id": other.pk,
        "uid": str(other.uid),
        "provider": "nobody",
        "model": "dearest",
        "finished_at": "2020-01-01",
    }

    as_bob.post(PLACE, ordered(key, **extra))

    job = Job.objects.latest("pk")
    assert job.pk != other.pk
    assert (job.owner, job.status, job.revision, job.is_hidden) == (bob, "queued", 1, False)
    assert (job.provider, job.model, job.finished_at) == ("apimart", "gpt-image-2", None)
    assert job.submissions.get().cost is None


@pytest.mark.promise(35)
def test_somebody_elses_references_are_refused(
    as_bob: Client, charlie: User, key: ProviderKey
) -> None:
    foreign = Reference.objects.create(owner=charlie, sha256="a" * 64)

    response = as_bob.post(PLACE, ordered(key, references=[str(foreign.uid)]), headers=HTMX)

    assert response.status_code == 422
    assert "not there any more" in response.content.decode()
    assert str(foreign.uid) not in response.content.decode()
    assert not JobReference.objects.exists()


@pytest.mark.promise(35)
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_shared": False}, "This key is gone. Choose another one."),
        ({"is_shared": True, "deleted_at": "2026-01-01T00:00Z"}, "This key is gone."),
        ({"is_shared": True, "is_paused": True}, "This key is paused."),
    ],
)
def test_keys_that_may_not_be_used_are_refused_kindly(
    as_bob: Client, charlie: User, key: ProviderKey, fields: dict[str, Any], words: str
) -> None:
    foreign = make_key(charlie, **fields)

    response = as_bob.post(PLACE, ordered(foreign), headers=HTMX)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert sendable(response)["prompt"] == ["an orange cat"]
    assert sendable(response)["ratio"] == ["3:2"]
    assert not Job.objects.exists()


def test_a_shared_key_may_be_used(as_bob: Client, charlie: User) -> None:
    assert as_bob.post(PLACE, ordered(make_key(charlie, is_shared=True))).status_code == 302


@pytest.mark.promise(35)
@pytest.mark.parametrize("made_from", ["nonsense", NOBODYS, "\x00", "1"])
def test_a_source_that_does_not_exist_is_nothing(
    as_bob: Client, key: ProviderKey, made_from: str
) -> None:
    assert as_bob.post(PLACE, ordered(key, made_from=made_from)).status_code == 302
    assert Job.objects.get().made_from is None


def test_an_order_remembers_the_job_that_it_was_made_from(
    as_bob: Client, charlie: User, key: ProviderKey
) -> None:
    source = make_job(charlie)

    as_bob.post(reverse("job-place"), ordered(key, made_from=str(source.uid)))

    assert Job.objects.latest("pk").made_from == source
