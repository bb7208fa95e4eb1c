"""The pump within the limits of keys, on the sandbox: members in turn, so many at once."""

from __future__ import annotations

import asyncio

import pytest
from django.utils import timezone

from studio.engine import leases
from studio.engine.pump import Pump
from studio.jobs.models import Submission
from studio.vault.models import Pace
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(bob, live_server, settings):
    """One that takes five orders at once."""
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob, provider="gptimage2plus", is_shared=True)
    key.set_secret("sandbox-0123456789")
    return key


def order(owner, key, prompt: str) -> None:
    make_job(owner, key, prompt=prompt, resolution="", quality="low")


def pump(seconds: float = 20.0) -> None:
    """One slice, ended as soon as nothing is left."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(seconds))


def status_of(owner) -> list[str]:
    return list(Submission.objects.filter(owner=owner).values_list("status", flat=True))


@pytest.mark.promise(8)
def test_a_member_with_one_order_goes_beside_one_with_many_at_the_same_full_key(bob, charlie, key):
    for number in range(12):
        order(bob, key, f"vase {number} [slow:60]")
    order(charlie, key, "a cat [slow:60]")

    pump(seconds=1.5)

    assert status_of(charlie) == ["running"]
    assert sorted(status_of(bob)) == ["queued"] * 9 + ["running"] * 3


def test_a_full_key_keeps_nobody_waiting_for_another(bob, charlie, key):
    other = make_key(charlie)
    other.set_secret("sandbox-0123456789")
    for number in range(300):
        order(bob, key, f"vase {number} [slow:60]")
    make_job(charlie, other, prompt="a cat [slow:60]")

    pump(seconds=1.0)

    assert status_of(charlie) == ["running"]


@pytest.mark.promise(8)
def test_no_more_are_under_way_at_once_than_the_key_takes(bob, charlie, key):
    for number in range(7):
        order(bob if number % 2 else charlie, key, f"vase {number} [fast]")

    pump()

    rows = Submission.objects.values_list("sent_at", "done_at")
    moments = sorted([(begun, 1) for begun, _ in rows] + [(ended, -1) for _, ended in rows])
    at_once = [sum(step for _, step in moments[: n + 1]) for n in range(len(moments))]
    assert max(at_once) <= 5
    assert set(status_of(bob) + status_of(charlie)) == {"saving"}


@pytest.mark.promise(8)
def test_calls_are_on_record_for_the_next_pump(bob, key):
    order(bob, key, "a vase [fast]")

    pump()

    state = Pace.objects.get(key=key).state
    assert sum(calls for _, calls, _ in state["log"]) == 2


@pytest.mark.promise(7)
def test_a_key_that_was_told_to_wait_sends_nothing_and_the_next_pump_knows(bob, charlie, key):
    order(bob, key, "a vase [429:7]")
    begun = timezone.now()
    pump(seconds=0.8)
    order(charlie, key, "a cat [fast]")

    pump(seconds=0.8)

    assert status_of(charlie) == ["queued"]
    assert 7 <= (Pace.objects.get(key=key).rests_until - begun).total_seconds() <= 10


def test_what_is_done_is_remembered_with_its_time(bob, key):
    order(bob, key, "a vase [fast]")

    pump()

    row = Submission.objects.get()
    assert row.accepted_at < row.done_at <= timezone.now()
