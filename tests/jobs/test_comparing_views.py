"""A comparison over HTTP: placed, shown in one place, watched, decided."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.jobs.models import Job
from studio.jobs.states import Status
from studio.jobs.views.sheet import PAGE
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.carding import in_state, picture
from tests.jobs.composing import HTMX
from tests.jobs.test_comparing_form import comparing

PROVIDERS = ("apimart", "gptimage2plus", "apimodels")


@pytest.fixture
def keys(bob: User) -> list[ProviderKey]:
    return [make_key(bob, provider=name) for name in PROVIDERS]


@pytest.fixture
def jobs(as_bob: Client, keys: list[ProviderKey]) -> list[Job]:
    """Three jobs of one comparison, all of them done."""
    as_bob.post("/jobs/place", comparing(*keys, count="1"))
    found = list(Job.objects.order_by("pk"))
    for job in found:
        finish(job)
    return found


def finish(job: Job, status: Status = Status.SUCCEEDED) -> None:
    in_state(job, status)
    if status == Status.SUCCEEDED and not job.images.exists():
        picture(job, size=(1536, 1024))
    Job.objects.filter(pk=job.pk).update(revision=9, finished_at=job.created_at)


def numbers(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<article [^>]*id="job-(\d+)"', html)]


def picks(html: str) -> int:
    return html.count('id="pick-')


def page(client: Client, address: str = "/", **data: Any) -> str:
    return client.get(address, data).content.decode()


def test_one_form_places_a_card_for_each_key_in_one_frame(
    as_bob: Client, keys: list[ProviderKey]
) -> None:
    data = comparing(*keys)

    first = as_bob.post("/jobs/place", data, headers=HTMX).content.decode()
    again = as_bob.post("/jobs/place", data, headers=HTMX).content.decode()

    jobs = list(Job.objects.order_by("pk"))
    assert [job.key for job in jobs] == keys
    assert numbers(first) == numbers(again) == [job.pk for job in jobs]
    assert first.count('class="comparison of-3"') == 1
    assert "0 of 3 finished" in first


def test_its_cards_stand_together_whatever_came_between(
    as_bob: Client, bob: User, keys: list[ProviderKey], jobs: list[Job]
) -> None:
    newer = make_job(bob, keys[0])
    between = make_job(bob, keys[0], id=jobs[2].pk + 10)
    Job.objects.filter(pk=newer.pk).update(comparison=jobs[0].comparison)

    html = page(as_bob)

    assert numbers(html) == [between.pk, *[job.pk for job in jobs], newer.pk]


def test_a_page_never_cuts_it_and_never_shows_it_twice(
    as_bob: Client, bob: User, keys: list[ProviderKey], jobs: list[Job]
) -> None:
    for _ in range(PAGE - 1):
        make_job(bob, keys[0])
    oldest = make_job(bob, keys[0], id=0)

    first = page(as_bob)
    [older] = re.findall(r'class="btn ghost" href="(/older[^"]+)"', first)
    second = page(as_bob, older.replace("&amp;", "&"))

    assert numbers(first)[-3:] == [job.pk for job in jobs]
    assert numbers(second) == [oldest.pk]


def test_what_is_hidden_leaves_the_others_in_their_place(as_bob: Client, jobs: list[Job]) -> None:
    as_bob.post(f"/jobs/{jobs[2].uid}/hide")
    two = page(as_bob)
    as_bob.post(f"/jobs/{jobs[0].uid}/hide")
    one = page(as_bob)

    assert (numbers(two), numbers(one)) == ([jobs[0].pk, jobs[1].pk], [jobs[1].pk])
    assert ('class="comparison' in two, 'class="comparison' in one) == (True, False)


def test_a_finished_card_tells_seconds_pixels_and_cost(as_bob: Client, jobs: list[Job]) -> None:
    html = page(as_bob)

    labels = re.findall(r"<dt>(\w+)</dt><dd class=\"num\">([^<]+)</dd>", html)
    assert labels == [("Time", "0 s"), ("Pixels", "1536 × 1024"), ("Cost", "play money")] * 3
    assert "Demo: GPTImage2 Plus" in html


def test_only_the_owner_is_offered_to_pick(
    as_bob: Client, as_charlie: Client, jobs: list[Job]
) -> None:
    assert picks(page(as_bob)) == 3
    assert picks(page(as_charlie)) == 0
    assert "3 to choose from" in page(as_charlie)


def test_a_failure_is_not_offered(as_bob: Client, jobs: list[Job]) -> None:
    finish(jobs[0], Status.FAILED)

    assert picks(page(as_bob)) == 2


def test_where_nothing_came_there_is_nothing_to_pick(as_bob: Client, jobs: list[Job]) -> None:
    for job in jobs:
        finish(job, Status.BLOCKED)

    html = page(as_bob)

    assert picks(html) == 0
    assert "Nothing came" in html


def test_the_last_one_to_finish_brings_the_others_along(as_bob: Client, jobs: list[Job]) -> None:
    in_state(jobs[1], Status.RUNNING)
    assert picks(page(as_bob)) == 0
    finish(jobs[1])

    answer = page(as_bob, "/jobs/changes", since=f"{jobs[1].pk}.1.0")

    assert numbers(answer) == [jobs[1].pk, jobs[0].pk, jobs[2].pk]
    assert picks(answer) == 3
    assert answer.count(f'id="compared-{jobs[0].comparison}" hx-swap-oob="true"') == 1
    assert re.findall(r"Job (\d+): Done", answer) == [str(jobs[1].pk)]


def test_one_that_finishes_before_the_last_comes_alone(as_bob: Client, jobs: list[Job]) -> None:
    in_state(jobs[0], Status.RUNNING)

    answer = page(as_bob, "/jobs/changes", since=f"{jobs[1].pk}.1.0")

    assert numbers(answer) == [jobs[1].pk]
    assert "2 of 3 finished" in answer


def test_a_pick_redraws_all_of_them_and_can_be_changed(as_bob: Client, jobs: list[Job]) -> None:
    first = as_bob.post(f"/jobs/{jobs[0].uid}/pick", headers=HTMX).content.decode()
    second = as_bob.post(f"/jobs/{jobs[1].uid}/pick", headers=HTMX).content.decode()

    assert numbers(first) == [job.pk for job in jobs]
    assert (picks(first), picks(second)) == (2, 2)
    assert first.count("card passed") == second.count("card passed") == 2
    assert "Picked: Demo: APIMart" in first
    assert "Picked: Demo: GPTImage2 Plus" in second
    assert list(Job.objects.filter(is_winner=True)) == [jobs[1]]


def test_without_javascript_a_pick_leads_to_the_job(as_bob: Client, jobs: list[Job]) -> None:
    response = as_bob.post(f"/jobs/{jobs[0].uid}/pick")

    assert (response.status_code, response["Location"]) == (302, f"/jobs/{jobs[0].uid}")


@pytest.mark.promise(34)
def test_nobody_else_picks(as_alice: Client, as_charlie: Client, jobs: list[Job]) -> None:
    for client in (as_alice, as_charlie):
        assert client.post(f"/jobs/{jobs[0].uid}/pick").status_code == 404

    assert not Job.objects.filter(is_winner=True).exists()


def test_the_job_page_shows_the_others(as_bob: Client, jobs: list[Job]) -> None:
    html = page(as_bob, f"/jobs/{jobs[1].uid}")

    assert re.findall(r'id="contender-(\d+)"', html) == [str(job.pk) for job in jobs]
    assert html.count('aria-current="true"') == 1
    assert f"/jobs/{jobs[1].uid}/pick" in html
    assert 'id="contender-' not in page(as_bob, f"/jobs/{make_job(jobs[0].owner, jobs[0].key).uid}")


def test_comparisons_cost_the_sheet_one_query(
    as_bob: Client, keys: list[ProviderKey], jobs: list[Job], django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        as_bob.post("/jobs/place", comparing(*keys))

    with django_assert_max_num_queries(13):
        page(as_bob)
