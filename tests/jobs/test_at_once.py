"""Two who write at the same time, as only PostgreSQL lets them: what one does, the other sees."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from studio.accounts.models import User
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from studio.vault import masterkeys, rotation
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="SQLite has one writer; tests/processes/test_services.py runs them",
    ),
]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returned; they begin together, each on a connection of its own."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        return [one.result(30) for one in [threads.submit(run, work) for work in works]]


def test_the_last_two_of_an_order_end_at_once_and_the_order_ends(bob: User) -> None:
    job = make_job(bob, count=2)
    Submission.objects.create(job=job, key=job.key, ordinal=2)
    first, second = Submission.objects.filter(job=job)
    has_moved, may_commit = Event(), Event()

    def end_slowly() -> None:
        with transaction.atomic():
            first.fail("bad_order")
            has_moved.set()
            may_commit.wait(0.5)  # the other one waits for this commit, or does not see it

    def end() -> None:
        has_moved.wait(10)
        second.fail("bad_order")
        may_commit.set()

    at_once(end_slowly, end)

    assert Job.objects.get().status == Status.FAILED


@pytest.mark.promise(1)
def test_of_many_that_claim_an_order_one_gets_it(bob: User) -> None:
    make_job(bob)
    rivals = [Submission.objects.get() for _ in range(8)]

    won = at_once(*(lambda one=one: one.take(uuid4()) for one in rivals))

    assert sorted(won) == [False] * 7 + [True]


@pytest.mark.promise(30)
def test_no_master_key_goes_while_a_secret_is_sealed_with_it(
    bob: User, settings: Any, tmp_path: Any
) -> None:
    settings.SECRETS_DIR = tmp_path
    key = make_key(bob)
    ProviderKey.objects.ensure_master_keys()
    is_sealed = Event()

    def seal() -> None:
        with transaction.atomic():
            key.set_secret("sk-live-canary-0123456789")
            masterkeys.add_first()  # a rotation begins: this one's master key is an old one now
            is_sealed.set()
            Event().wait(0.3)  # the other looks which are needed before this is committed

    def drop() -> int:
        is_sealed.wait(10)
        return rotation.drop_old()

    assert at_once(seal, drop) == [None, 0]
    assert ProviderKey.objects.get().reveal() == "sk-live-canary-0123456789"
