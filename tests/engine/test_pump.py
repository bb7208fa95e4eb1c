"""The pump on the real sandbox over real HTTP: from orders to archived pictures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db.models import F
from django.utils import timezone

from studio.engine import claims, leases, saving
from studio.engine.claims import tidy
from studio.engine.models import Lease, PumpReport
from studio.engine.pump import SPREAD, Pump, spread
from studio.jobs.models import Image, Job, Submission
from studio.jobs.storage import thumbnail_name
from tests.conftest import make_job, make_key
from tests.engine.hooking import running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(bob, live_server, settings):
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob)
    key.set_secret("sandbox-0123456789")
    return key


def pump(seconds: float = 20.0) -> None:
    """One slice, ended as soon as nothing is left."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(seconds))


def save_all() -> None:
    """What the workers do with the hints of the pump."""
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


def test_an_order_travels_from_the_queue_to_the_archive(bob, key):
    job = make_job(bob, key, prompt="dunes at dawn [fast]", count=2, ratio="3:2")

    pump()
    save_all()

    row = Job.objects.get(pk=job.pk)
    images = list(job.images.order_by("number"))
    assert row.status == "succeeded"
    assert [(image.width, image.height, image.state) for image in images] == [
        (1536, 1024, "kept")
    ] * 2
    assert len({image.sha256 for image in images}) == 2
    for image in images:
        assert default_storage.size(image.path) == image.size
        assert all(
            default_storage.exists(thumbnail_name(image.sha256, w)) for w in (384, 768, 1600)
        )
    assert [event.kind for event in job.events.order_by("id")] == [
        "sent",
        "accepted",
        "provider_done",
        "archived",
    ]


def test_many_orders_travel_side_by_side(bob, key):
    for number in range(12):
        make_job(bob, key, prompt=f"order {number} [fast]", form_token=uuid4())

    pump()

    assert Submission.objects.filter(status="saving").count() == 12


@pytest.mark.parametrize(
    ("mark", "status", "code"),
    [
        ("[fail]", "failed", "failed"),
        ("[block]", "blocked", "blocked"),
        ("[refuse]", "blocked", "blocked"),
        ("[400]", "failed", "bad_order"),
        ("[html]", "unknown", "broken_answer"),
    ],
)
def test_each_end_of_the_sandbox_is_told_as_it_is(bob, key, mark, status, code):
    job = make_job(bob, key, prompt=f"a vase {mark} [fast]")

    pump()

    row = job.submissions.get()
    assert (row.status, row.error_code) == (status, code)


def test_a_key_that_is_refused_stops_sending_and_what_is_queued_waits(bob, key):
    first = make_job(bob, key, prompt="[401]")
    pump()

    second = make_job(bob, key, prompt="a vase")
    pump()

    assert (first.submissions.get().error_code, second.submissions.get().status) == (
        "bad_key",
        "queued",
    )


def test_a_pump_that_takes_over_goes_on_polling_without_sending_again(bob, key):
    job = make_job(bob, key, prompt="a slow vase [slow:3]")
    pump(seconds=1.5)
    before = job.submissions.get()

    pump()

    row = job.submissions.get()
    assert (before.status, row.status) == ("running", "saving")
    assert (row.ticket, row.sent_at) == (before.ticket, before.sent_at)


def test_a_dead_claim_goes_back_when_nothing_was_sent_and_is_unknown_when_it_was(bob, key):
    unsent, sent = make_job(bob, key), make_job(bob, key)
    claim = uuid4()
    for job in (unsent, sent):
        job.submissions.get().take(claim)
    sent.submissions.get().mark_sent(claim, "a" * 64)

    tidy(0, uuid4(), [])

    assert unsent.submissions.get().status == "queued"
    assert sent.submissions.get().status == "unknown"


def test_our_own_claims_are_left_alone(bob, key):
    job, claim = make_job(bob, key), uuid4()
    job.submissions.get().take(claim)

    tidy(0, claim, [row.pk for row in Submission.objects.all()])

    assert job.submissions.get().status == "submitting"


def test_a_hint_for_a_picture_that_got_lost_is_given_again(bob, key):
    job = make_job(bob, key, prompt="a vase [fast]")
    pump()
    Image.objects.update(fetch_at=timezone.now() - timedelta(seconds=1))

    assert leases.has_work_without_pump()
    pump()

    assert Image.objects.get(job=job).fetch_at > timezone.now()
    assert not leases.has_work_without_pump()


@pytest.mark.parametrize("mark", ["[gone]", "[torn]"])
def test_pictures_that_cannot_be_had_are_asked_for_twice_more_and_then_given_up(bob, key, mark):
    job = make_job(bob, key, prompt=f"a vase [fast] {mark}")

    for _ in range(3):
        pump()
        save_all()

    image = job.images.get()
    assert (image.state, Job.objects.get(pk=job.pk).status) == ("lost", "failed")
    assert image.url.startswith("http")
    assert job.events.filter(kind="asked_again").count() == 2


def test_nothing_is_sent_when_the_disk_is_nearly_full(bob, key, settings):
    settings.STUDIO_MIN_FREE_MB = 10**9
    job = make_job(bob, key)

    pump(seconds=0.5)

    assert job.submissions.get().status == "queued"


def test_a_shard_is_pumped_by_one(db):
    token = leases.take(0)

    assert token
    assert leases.take(0) is None
    assert leases.renew(0, token)
    leases.release(0, token)
    assert leases.take(0)


def test_a_lease_that_ran_out_can_be_taken_and_not_renewed(db):
    token = leases.take(0)
    Lease.objects.update(until=F("until") - timedelta(seconds=16))

    other = leases.take(0)

    assert other
    assert not leases.renew(0, token)
    leases.release(0, token)
    assert leases.renew(0, other)


def test_what_nobody_waits_for_is_not_polled_any_more(bob, key):
    job = make_job(bob, key, prompt="a vase [slow:60]")
    pump(seconds=1.0)
    submission = job.submissions.get()

    async def stop_in_the_middle() -> float:
        token = await asyncio.to_thread(leases.take, 0)
        running = Pump(0, token, linger=0.0)
        work = asyncio.create_task(running.run(20.0))
        while not getattr(running, "lives", None):
            await asyncio.sleep(0.02)
        await asyncio.to_thread(submission.cancel, by="Bob")
        begun = asyncio.get_running_loop().time()
        await work
        return asyncio.get_running_loop().time() - begun

    assert asyncio.run(stop_in_the_middle()) < 10
    assert job.submissions.get().status == "cancelled"


@pytest.mark.parametrize(
    ("status", "code"), [("queued", "key_deleted"), ("running", "key_deleted_late")]
)
def test_a_deleted_key_ends_what_waits_for_it(bob, key, status, code):
    job = make_job(bob, key)
    Submission.objects.update(status=status)
    key.delete_softly()

    assert leases.has_work_without_pump()
    pump()

    row = job.submissions.get()
    assert (row.status, row.error_code) == ("failed", code)
    assert not leases.has_work_without_pump()


@pytest.mark.parametrize(
    ("status", "code"), [("queued", "provider_gone"), ("running", "provider_gone_late")]
)
def test_a_withdrawn_provider_ends_what_waits_for_it_and_holds_up_nobody(bob, key, status, code):
    job = make_job(bob, key)
    Submission.objects.update(status=status)
    type(key).objects.update(provider="yesteryear")
    Job.objects.update(provider="yesteryear")
    other = make_key(bob)
    other.set_secret("sandbox-0123456789")
    sound = make_job(bob, other, prompt="a vase [fast]")

    pump()
    save_all()

    row = job.submissions.get()
    assert (row.status, row.error_code) == ("failed", code)
    assert sound.submissions.get().status == "succeeded"


def test_pumps_of_two_shards_carry_each_its_own_keys_side_by_side(bob, key, settings):
    settings.STUDIO_SHARDS = 2
    keys = [key, make_key(bob, pk=key.pk + 1), make_key(bob, pk=key.pk + 2)]
    for other in keys[1:]:
        other.set_secret("sandbox-0123456789")
    jobs = [make_job(bob, one, prompt="a vase [fast]") for one in keys]

    async def both() -> list[set[int]]:
        tokens = [await asyncio.to_thread(leases.take, shard) for shard in (0, 1)]
        pumps = [Pump(shard, token, linger=0.0) for shard, token in enumerate(tokens)]
        await asyncio.gather(*(one.run(20.0) for one in pumps))
        return [set(one.keys.ids) for one in pumps]

    carried = asyncio.run(both())

    assert {job.submissions.get().status for job in jobs} == {"saving"}
    assert carried == [{one.pk for one in keys if one.pk % 2 == shard} for shard in (0, 1)]
    assert {report.sent for report in PumpReport.objects.all()} == {1, 2}


def test_overdue_polls_are_spread_when_a_pump_takes_over(bob, key):
    rows = [running(key, {"task_id": str(number)}) for number in range(40)]
    Submission.objects.update(poll_at=timezone.now() - timedelta(hours=1))

    now, found = timezone.now(), list(claims.with_ticket(Submission.objects.all()))

    spread(found)

    waits = sorted((row.poll_at - now).total_seconds() for row in found)
    assert len(waits) == len(rows)
    assert waits[0] >= 0
    assert 0.03 < waits[-1] - waits[0] < SPREAD
