"""Hints of providers in the pump: they make a poll come sooner, and never many polls."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest
import time_machine
from django.conf import settings as django_settings
from django.utils import timezone

from studio.engine import leases, schedule
from studio.engine.crew import Alarm
from studio.engine.durations import Durations
from studio.engine.keyring import Keyring
from studio.engine.life import Life
from studio.engine.paces import Paces
from studio.engine.pump import Pump
from studio.engine.schedule import Curve
from studio.jobs.models import Submission
from studio.providers.catalog import PROVIDERS
from tests.conftest import make_job, make_key
from tests.engine.crew import live
from tests.engine.hooking import event, plus_key, running, signed
from tests.providers.driving import answer
from tests.providers.test_apimodels import ACCEPTED

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = [model for provider in PROVIDERS.values() for model in provider.models]
TICKET = {"generation_id": "gen_1"}
WORKING = answer(200, {"id": "gen_1", "status": "running"})


# On the sandbox, over HTTP ----------------------------------------------------------------------


@pytest.fixture
def key(bob, live_server, settings):
    """A key that the schedule takes for a real one: no poll in its first five seconds."""
    settings.STUDIO_LOCAL_URL = settings.STUDIO_PUBLIC_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    return plus_key(bob, base_url=f"{live_server.url}/sandbox/gptimage2plus")


def row_of(job) -> Submission:
    return Submission.objects.select_related("key").get(job=job)


async def pump(seconds: float) -> None:
    token = await asyncio.to_thread(leases.take, 0)
    await Pump(0, token, linger=0.0).run(seconds)


async def is_done_there(job) -> Submission:
    """Wait until the provider has its picture, and our pump has been told of the order."""
    async with httpx.AsyncClient() as client:
        while True:
            row = await asyncio.to_thread(row_of, job)
            if row.status == "running":
                url = f"{row.key.url}/api/v1/generations/{row.ticket['generation_id']}"
                bearer = {"Authorization": f"Bearer {await asyncio.to_thread(row.key.reveal)}"}
                said = (await client.get(url, headers=bearer)).json()
                if said["status"] == "succeeded":
                    return row
            await asyncio.sleep(0.05)


async def deliver(row: Submission) -> int:
    body = event(row.ticket["generation_id"])
    url = f"{django_settings.STUDIO_PUBLIC_URL}/hooks/gptimage2plus/{row.key.uid}"
    async with httpx.AsyncClient() as client:
        return (await client.post(url, content=body, headers=signed(body))).status_code


@pytest.mark.parametrize("is_told", [False, True])
def test_a_webhook_brings_the_picture_before_the_schedule_would_ask(key, is_told):
    job = make_job(key.owner, key, prompt="dunes at dawn [fast]", resolution="")

    async def work() -> int:
        pumping = asyncio.create_task(pump(seconds=4.0))
        row = await is_done_there(job)
        status = await deliver(row) if is_told else 204
        await pumping
        return status

    assert asyncio.run(work()) == 204
    assert row_of(job).status == ("saving" if is_told else "running")


@pytest.mark.promise(21)
def test_without_any_webhook_the_picture_comes_all_the_same(key):
    job = make_job(key.owner, key, prompt="dunes at dawn [fast]", resolution="")

    asyncio.run(pump(seconds=30.0))

    assert row_of(job).status == "saving"
    assert row_of(job).poked_at is None


@pytest.mark.promise(21)
@pytest.mark.parametrize(
    "shape",
    [
        {"ratio": "3:2", "resolution": "1K"},
        {"ratio": "", "resolution": "", "width": 1536, "height": 512},
    ],
    ids=["ratio", "size"],
)
def test_an_order_whose_address_nobody_calls_comes_as_a_task(key, shape):
    caller = make_key(key.owner, provider="apimodels")
    caller.set_secret("sandbox-0123456789")
    model = "gpt-image-2-all"
    job = make_job(key.owner, caller, model=model, prompt="dunes at dawn [fast]", **shape)

    asyncio.run(pump(seconds=30.0))

    row = row_of(job)
    assert (row.status, bool(row.ticket), row.poked_at) == ("saving", True, None)


def test_an_order_carries_the_address_to_call(bob, settings):
    settings.STUDIO_PUBLIC_URL = "https://studio.example.com"
    key = make_key(bob, provider="apimodels")
    key.set_secret("sk-0123456789abcdef")
    job = make_job(bob, key, model="gpt-image-2-all")

    crew = live(job, answer(200, ACCEPTED))

    url = crew.wire.calls[0].json["callback_url"]
    assert url.startswith(f"https://studio.example.com/hooks/apimodels/{row_of(job).pk}.")
    assert row_of(job).status == "running"


# By a clock that the test moves -----------------------------------------------------------------


class Clock:
    """A crew whose rests pass at once, with a hint every tenth of a second of them."""

    def __init__(self, travel: time_machine.Traveller, until: float) -> None:
        self.travel, self.left = travel, until
        self.polls: list[float] = []
        self.begun = timezone.now()
        self.wire = self
        self.keys = Keyring()
        self.paces = Paces(self.write, {}, lambda: True)
        self.durations = Durations()
        self.life: Life | None = None
        self.retry_after = ""

    @property
    def now(self) -> float:
        return (timezone.now() - self.begun).total_seconds()

    async def rest(self, seconds: float, alarm: Alarm) -> bool:
        step = min(seconds, 0.1)
        self.travel.shift(timedelta(seconds=step))
        if self.now > self.left:
            return True
        if step < seconds:
            self.life.hint()
        return False

    @asynccontextmanager
    async def turn(self, submission):
        yield

    async def send(self, call, **_):
        self.polls.append(self.now)
        headers = {"retry-after": self.retry_after} if self.retry_after else {}
        return answer(200, {"id": "gen_1", "status": "running"}, **headers)

    async def write(self, change):
        return await asyncio.to_thread(change)


def polls_under_fire(row: Submission, seconds: float, retry_after: str = "") -> list[float]:
    """When a running order is polled whose provider calls ten times a second."""
    with time_machine.travel(datetime(2026, 5, 1, tzinfo=UTC), tick=False) as travel:
        row.accepted_at = timezone.now() - timedelta(hours=1)
        row.poll_at = timezone.now()
        clock = Clock(travel, seconds)
        clock.retry_after = retry_after
        clock.life = Life(row, clock)
        asyncio.run(clock.life.live())
        return clock.polls


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.promise(19)
def test_hints_make_one_poll_in_five_seconds_at_most(bob):
    row = running(plus_key(bob, is_sandbox=True), TICKET)

    polls = polls_under_fire(row, 60.0)

    assert len(polls) >= 11
    assert min(gaps(polls)) >= 5.0


@pytest.mark.promise(8, 19)
def test_who_calls_again_and_again_uses_up_no_calls_of_a_key_that_has_few(bob):
    row = running(plus_key(bob), TICKET)

    polls = polls_under_fire(row, 100.0)

    assert [round(at) for at in polls] == [0, 5, 35, 65, 95]


def test_a_hint_does_not_outrun_what_the_provider_told_us_to_wait(bob):
    row = running(plus_key(bob), TICKET)

    polls = polls_under_fire(row, 59.0, retry_after="20")

    assert len(polls) == 3
    assert min(gaps(polls)) >= 20.0


@pytest.mark.promise(21)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_schedule_alone_asks_within_a_minute_of_any_end(model):
    elapsed = 0.0
    while elapsed < 4 * 3600:
        delay = schedule.poll_delay(Curve.documented(model, is_sandbox=False), elapsed)
        assert delay < 55 or elapsed < model.seconds.fast
        elapsed += delay


def test_the_end_of_the_pump_wakes_who_sleeps():
    async def sleep() -> tuple[bool, bool]:
        running_pump, alarm = Pump(0, None), Alarm()
        sleeper = asyncio.create_task(running_pump.rest(60.0, running_pump.alarm))
        late = running_pump.rest(60.0, alarm)
        await asyncio.sleep(0)
        running_pump._end()
        with suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.gather(sleeper, late), timeout=5)

    assert asyncio.run(sleep()) == [True, True]
