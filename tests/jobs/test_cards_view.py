"""What changed since a page looked, and what members do to a job."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.cards import make_cards, with_cards
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.composing import HTMX
from tests.pages.scenes import add_picture, scene

CHANGES = "/jobs/changes"


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob)


def since(*jobs: Job) -> list[str]:
    """What a page that was just drawn has seen."""
    rows = with_cards(Job.objects.filter(pk__in=[job.pk for job in jobs]).order_by("pk"))
    return [card.since for card in make_cards(rows, jobs[0].owner, timezone.now())]


def ask(client: Client, known: list[str], **more: str) -> Any:
    return client.get(CHANGES, {"since": known, **more}, headers=HTMX)


def numbers(response: Any) -> list[int]:
    found = re.findall(r'<article class="card" id="job-(\d+)"', response.content.decode())
    return [int(number) for number in found]


def end(job: Job) -> None:
    job.submissions.update(status=Status.SUCCEEDED)
    job.follow()


# Changes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["queued", "submitting", "running", "saving"])
def test_nothing_is_said_while_nothing_has_changed(
    as_bob: Client, bob: User, key: ProviderKey, status: str
) -> None:
    job = scene(bob, key, Status(status))

    response = ask(as_bob, since(job))

    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.promise(47)
def test_the_empty_answer_takes_three_queries(
    as_bob: Client, bob: User, key: ProviderKey, django_assert_num_queries: Any
) -> None:
    jobs = [scene(bob, key, Status(status)) for status in ["queued", "running", "saving"] * 8]
    known = since(*jobs)
    ask(as_bob, known)

    with django_assert_num_queries(3):
        assert ask(as_bob, known).status_code == 204


@pytest.mark.promise(47)
@pytest.mark.parametrize("count", [1, 24])
def test_changed_cards_take_as_many_queries_for_one_as_for_all(
    as_bob: Client, bob: User, key: ProviderKey, count: int, django_assert_num_queries: Any
) -> None:
    jobs = [scene(bob, key, Status.SAVING) for _ in range(count)]
    known = since(*jobs)
    ask(as_bob, known)
    for job in jobs:
        add_picture(job)
        end(job)

    with django_assert_num_queries(9):
        assert len(numbers(ask(as_bob, known))) == count


def test_only_cards_that_changed_come_and_they_replace_their_own(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job, other = make_job(bob, key), make_job(bob, key)
    known = since(job, other)
    Submission.objects.get(job=job).take(other.uid)

    response = ask(as_bob, known)

    html = response.content.decode()
    assert (response.status_code, numbers(response)) == (200, [job.pk])
    assert 'hx-swap-oob="true"' in html
    assert "1 developing, 1 waiting" in html


def test_when_all_are_finished_nothing_is_left_to_ask_after(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job, other = make_job(bob, key), make_job(bob, key)
    known = since(job, other)
    end(job)
    first = ask(as_bob, known)
    end(other)

    second = ask(as_bob, known[1:])

    assert (first.status_code, second.status_code) == (200, 200)
    assert 'name="since"' not in second.content.decode()
    assert numbers(second) == [other.pk]
    assert f"Job {other.pk}: Done in" in second.content.decode()


def test_a_finished_card_is_fresh_and_asks_no_more(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.SAVING)
    known = since(job)
    add_picture(job)
    end(job)

    html = ask(as_bob, known).content.decode()

    assert 'class="fresh"' in html
    assert 'name="since"' not in html


@pytest.mark.parametrize("known", [[], ["garbage"], ["", ".", "-1.2.3", "²"], ["9" * 40], ["\x00"]])
def test_who_knows_of_nothing_is_told_nothing(as_bob: Client, known: list[str]) -> None:
    assert ask(as_bob, known).status_code == 204


def test_numbers_that_do_not_exist_are_ignored(as_bob: Client, bob: User, key: ProviderKey) -> None:
    job = make_job(bob, key)
    known = [f"{job.pk + 1000}.1.0", "garbage", *since(job)]

    quiet = ask(as_bob, known).status_code
    end(job)

    assert quiet == 204
    assert ask(as_bob, known).status_code == 200
    assert ask(as_bob, known[:2]).status_code == 204


@pytest.mark.parametrize("text", ["{}", "{}.", "{}.x.y", "{}.0.0", "{}.99999999999999999999.0"])
def test_a_text_that_is_no_view_of_the_card_brings_the_card(
    as_bob: Client, bob: User, key: ProviderKey, text: str
) -> None:
    job = make_job(bob, key)

    assert numbers(ask(as_bob, [text.format(job.pk)])) == [job.pk]


def test_a_thousand_texts_are_read_as_far_as_it_is_sensible(as_bob: Client) -> None:
    assert ask(as_bob, [f"{n}.1.0" for n in range(1, 1000)]).status_code == 204


def test_without_progress_a_running_card_moves_with_the_time(as_bob: Client, bob: User) -> None:
    job = scene(bob, make_key(bob, is_sandbox=False), Status.RUNNING)
    rows = Submission.objects.filter(job=job)
    rows.update(progress=None, accepted_at=timezone.now())
    known = since(job)
    rows.update(accepted_at=timezone.now() - timedelta(seconds=30))

    response = ask(as_bob, known)

    assert numbers(response) == [job.pk]
    assert 'value="57"' in response.content.decode()


def test_a_card_says_once_that_it_takes_longer(as_bob: Client, bob: User) -> None:
    job = scene(bob, make_key(bob, is_sandbox=False), Status.RUNNING)
    rows = Submission.objects.filter(job=job)
    rows.update(progress=None, accepted_at=timezone.now() - timedelta(seconds=51.5))
    known = since(job)
    rows.update(accepted_at=timezone.now() - timedelta(seconds=54))
    late = ask(as_bob, known)
    known = since(job)
    rows.update(accepted_at=timezone.now() - timedelta(seconds=500))

    assert "a little longer" in late.content.decode()
    assert ask(as_bob, known).status_code == 204


@pytest.mark.parametrize("change", [{"is_paused": True}, {"deleted_at": timezone.now()}])
def test_a_waiting_card_says_that_its_key_waits(
    as_bob: Client, bob: User, key: ProviderKey, change: dict[str, Any]
) -> None:
    job = make_job(bob, key)
    known = since(job)
    ProviderKey.objects.filter(pk=key.pk).update(**change)

    response = ask(as_bob, known)

    assert numbers(response) == [job.pk]
    assert "Waiting for the key" in response.content.decode()
    assert ask(as_bob, since(job)).status_code == 204


@pytest.mark.parametrize(("scope", "words"), [("mine", "1 waiting"), ("everyone", "2 waiting")])
def test_the_count_is_that_of_the_sheet_around(
    as_bob: Client, bob: User, charlie: User, key: ProviderKey, scope: str, words: str
) -> None:
    job = make_job(bob, key)
    make_job(charlie)
    known = since(job)
    Job.objects.filter(pk=job.pk).update(revision=F("revision") + 1)

    assert words in ask(as_bob, known, scope=scope).content.decode()


def test_others_see_no_buttons_of_the_owner(
    as_charlie: Client, bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.FAILED)

    html = ask(as_charlie, [f"{job.pk}.0.0"]).content.decode()

    assert numbers(ask(as_charlie, [f"{job.pk}.0.0"])) == [job.pk]
    assert "/retry" not in html
    assert "/hide" not in html


def test_an_ended_session_is_told_to_the_page(client: Client, bob: User) -> None:
    response = ask(client, ["1.1.0"])

    assert (response.status_code, response["HX-Trigger"]) == (401, "signed-out")


def test_changes_are_only_asked_for(as_bob: Client) -> None:
    assert as_bob.post(CHANGES).status_code == 405
