"""The same order on several keys at once: all of it or nothing, once, and one winner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection

from studio.accounts.models import User
from studio.jobs import actions
from studio.jobs.errors import FormUsed
from studio.jobs.models import Job, Reference, Submission
from studio.jobs.states import Status
from studio.providers.orders import Order
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.jobs.carding import in_state

ORDER = Order(prompt="an orange cat", model="gpt-image-2", count=10, ratio="3:2")
MODELS = {"gptimage2plus": "gpt-image-2", "apimart": "gpt-image-2", "apimodels": "gpt-image-2-all"}
Orders = list[tuple[ProviderKey, Order]]


@pytest.fixture
def orders(bob: User) -> Orders:
    """One order, for a key at each of three providers."""
    return [
        (make_key(bob, provider=provider), replace(ORDER, model=model))
        for provider, model in MODELS.items()
    ]


def compared(owner: User, orders: Orders, *statuses: Status) -> list[Job]:
    jobs = actions.place_on_several(owner, orders=orders, form_token=uuid4())
    for job, status in zip(jobs, statuses, strict=True):
        in_state(job, status)
        job.refresh_from_db()
    return jobs


def winners() -> list[Job]:
    return list(Job.objects.filter(is_winner=True))


def test_each_key_gets_a_job_of_its_own_with_its_own_shares(bob: User, orders: Orders) -> None:
    cat = Reference.objects.create(owner=bob, sha256="a" * 64)

    jobs = actions.place_on_several(
        bob, orders=orders, form_token=uuid4(), references=[cat], made_from=None
    )

    [comparison] = {job.comparison for job in jobs}
    assert comparison is not None
    assert [(job.provider, job.model, job.key) for job in jobs] == [
        (provider, model, key)
        for (provider, model), (key, _) in zip(MODELS.items(), orders, strict=True)
    ]
    assert [
        list(job.submissions.order_by("ordinal").values_list("count", flat=True)) for job in jobs
    ] == [[4, 4, 2], [10], [10]]
    assert [[use.reference for use in job.job_references.all()] for job in jobs] == [[cat]] * 3
    assert [job.events.get().kind for job in jobs] == ["placed"] * 3
    assert list(jobs[1].contenders) == jobs


def test_one_key_is_no_comparison(bob: User, orders: Orders) -> None:
    [job] = actions.place_on_several(bob, orders=orders[:1], form_token=uuid4())

    assert job.comparison is None
    assert not job.contenders.exists()


def test_where_one_cannot_be_placed_none_is(bob: User, orders: Orders) -> None:
    gone = orders[2][0]
    unsaved = ProviderKey(owner=bob, provider=gone.provider)

    with pytest.raises(ValueError, match="unsaved"):
        actions.place_on_several(bob, orders=[*orders[:2], (unsaved, ORDER)], form_token=uuid4())

    assert not Job.objects.exists()


@pytest.mark.promise(12)
@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_comparison(bob: User, orders: Orders) -> None:
    token = uuid4()

    def click(_number: int) -> list[int]:
        try:
            jobs = actions.place_on_several(bob, orders=orders, form_token=token)
            return [job.pk for job in jobs]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(click, range(8)))

    assert answers == [answers[0]] * 8
    assert Job.objects.count() == 3
    assert Submission.objects.count() == 3 + 1 + 1


@pytest.mark.promise(12)
def test_a_used_form_with_other_keys_is_not_taken_for_the_old_order(
    bob: User, orders: Orders
) -> None:
    token = uuid4()
    actions.place_on_several(bob, orders=orders[:2], form_token=token)

    for changed in (orders, orders[:1], [orders[0], orders[2]]):
        with pytest.raises(FormUsed):
            actions.place_on_several(bob, orders=changed, form_token=token)

    assert Job.objects.count() == 2


def test_a_form_that_placed_one_order_places_no_comparison(bob: User, orders: Orders) -> None:
    token = uuid4()
    key, order = orders[0]
    actions.place(bob, key=key, order=order, form_token=token)

    with pytest.raises(FormUsed):
        actions.place_on_several(bob, orders=orders, form_token=token)


# The winner -------------------------------------------------------------------------------------


def test_the_pick_can_be_changed(bob: User, orders: Orders) -> None:
    first, second, _ = compared(bob, orders, Status.SUCCEEDED, Status.SUCCEEDED, Status.FAILED)

    assert actions.pick(first)
    assert winners() == [first]
    assert actions.pick(second)
    assert winners() == [second]


@pytest.mark.parametrize("status", [Status.FAILED, Status.BLOCKED, Status.CANCELLED])
def test_what_brought_no_pictures_cannot_win(bob: User, orders: Orders, status: Status) -> None:
    good, bad, _ = compared(bob, orders, Status.SUCCEEDED, status, Status.SUCCEEDED)
    actions.pick(good)

    assert not actions.pick(bad)
    assert winners() == [good]


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING, Status.SAVING])
def test_nothing_wins_before_all_have_ended(bob: User, orders: Orders, status: Status) -> None:
    done, _, _ = compared(bob, orders, Status.SUCCEEDED, status, Status.SUCCEEDED)

    assert not actions.pick(done)
    assert winners() == []


def test_a_job_that_is_compared_with_none_cannot_win(bob: User, orders: Orders) -> None:
    [job] = actions.place_on_several(bob, orders=orders[:1], form_token=uuid4())
    in_state(job, Status.SUCCEEDED)

    assert not actions.pick(job)
    assert winners() == []


@pytest.mark.django_db(transaction=True)
def test_picks_at_once_leave_one_winner(bob: User, orders: Orders) -> None:
    jobs = compared(bob, orders, *[Status.SUCCEEDED] * 3)

    def click(job: Job) -> bool:
        try:
            return actions.pick(job)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(click, jobs * 4))

    assert all(answers)
    assert len(winners()) == 1
