"""Every fault at every provider, once: one pump, real connections, and the providers' books."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from studio.engine import leases, saving
from studio.engine.pump import Pump
from studio.jobs.models import Image, Job, Submission
from tests.chaos.faults import Fault
from tests.chaos.inside import Providers
from tests.chaos.wishes import CHOICES
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = {"aigptimage": "gpt-image-2-text-to-image", "apimodels": "gpt-image-2-all"}
REMEMBERING = ("chatgpt2api", "gptimage2plus")
FORGETFUL = ("apimart", "aigptimage", "apimodels", "apimodels at once")
UNDER_WAY = ("queued", "submitting", "running")

Facts = tuple[str, int, int]  # its end, times it was charged, times it arrived


@pytest.fixture
def providers(tmp_path: Path, settings) -> Iterator[Providers]:
    with Providers(tmp_path / "ledger.jsonl", hang=0.5) as providers:
        settings.STUDIO_SANDBOX_URL = providers.sandbox
        settings.STUDIO_ALLOW_PRIVATE_HOSTS = ["127.0.0.0/8"]
        yield providers


def order(owner, way: str, mark: str) -> Job:
    """With a key of its own, so that no order waits for another."""
    provider, _, at_once = way.partition(" ")
    key = make_key(owner, provider=provider)
    key.set_secret(f"sandbox-{uuid4()}")
    choices = {"ratio": "", "resolution": "", **CHOICES[provider]}
    if at_once:
        choices = {"ratio": "", "resolution": "", "width": 1024, "height": 1024}
    return make_job(
        owner,
        key,
        prompt=f"{way} {mark}",
        model=MODELS.get(provider, "gpt-image-2"),
        form_token=uuid4(),
        **choices,
    )


def pump_until_all_have_ended(within: float = 40) -> None:
    deadline = time.monotonic() + within
    while Submission.objects.filter(status__in=UNDER_WAY).exists():
        assert time.monotonic() < deadline
        token = leases.take(0)
        assert token
        asyncio.run(Pump(0, token, linger=0.0).run(5))
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


def facts(providers: Providers, job: Job) -> Facts:
    charges = sum(line["prompt"] == job.prompt for line in providers.lines("charged"))
    arrivals = sum(line["prompt"] == job.prompt for line in providers.lines("arrived"))
    return job.submissions.get().status, charges, arrivals


def expected(way: str, fault: Fault) -> Facts:
    """The table “Sending safely”, in the words of the books."""
    if fault == Fault.REFUSED:
        return "failed", 0, 1
    if fault == Fault.LIMITED:
        return "succeeded", 1, 2
    if fault in (Fault.NONE, Fault.LATE, Fault.DRIP):
        return "succeeded", 1, 1
    has_arrived = not (fault.is_before or fault.is_no)
    if way == "chatgpt2api" and has_arrived:
        return "succeeded", 1, 1  # asked for by our id, and found
    if way in REMEMBERING or (fault == Fault.BUSY and way != "apimodels at once"):
        return "succeeded", 1, 2
    return "unknown", int(has_arrived), 1


@pytest.mark.promise(1)
@pytest.mark.promise(3)
@pytest.mark.promise(4)
@pytest.mark.promise(7)
def test_each_fault_at_each_provider_costs_at_most_one_picture(bob, providers: Providers):
    ways = [(way, fault) for way in (*REMEMBERING, *FORGETFUL) for fault in Fault]
    jobs = {(way, fault): order(bob, way, f"[gate:{fault}]") for way, fault in ways}

    pump_until_all_have_ended()

    found = {way: facts(providers, job) for way, job in jobs.items()}
    assert found == {way: expected(*way) for way in ways}
    for (way, fault), job in jobs.items():
        arrivals = [one for one in providers.lines("arrived") if one["prompt"] == job.prompt]
        assert len({one["sha256"] for one in arrivals}) == 1
        if fault == Fault.LIMITED and way != "chatgpt2api":  # it never says how long
            waits_until = job.submissions.get().not_before.timestamp()
            assert waits_until - arrivals[0]["at"] < 10
            assert arrivals[1]["at"] - arrivals[0]["at"] >= 7


@pytest.mark.promise(6)
def test_a_door_that_is_shut_is_tried_later_and_later(bob, providers: Providers):
    jobs = [order(bob, way, "") for way in ("apimart", "gptimage2plus")]
    shut = providers.start(providers.gate.shut("sandbox", 2.5))

    pump_until_all_have_ended()

    shut.result()
    for job in jobs:
        refused = job.events.filter(kind="put_back").order_by("at")
        tries = [*(event.at for event in refused), job.events.get(kind="accepted").at]
        waits = [later - at for at, later in pairwise(tries)]
        assert facts(providers, job) == ("succeeded", 1, 1)
        assert 2 <= len(refused) < 5
        assert waits == sorted(waits)
        assert {event.facts["reason"] for event in refused} == {"never_sent"}


@pytest.mark.promise(4)
def test_an_answer_that_is_lost_three_times_is_still_one_charge(bob, providers: Providers):
    jobs = [order(bob, way, "[gate:close_before*3]") for way in REMEMBERING]

    pump_until_all_have_ended()

    assert [facts(providers, job) for job in jobs] == [("succeeded", 1, 4)] * 2
