"""One order, several submissions: through the pump and the sandbox to one row of pictures."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from studio.engine import leases, saving
from studio.engine.pump import Pump
from studio.jobs import actions
from studio.jobs.models import Image, Job
from studio.providers.orders import Order
from tests.conftest import make_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(bob, live_server, settings):
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(bob, provider="chatgpt2api")
    key.set_secret(f"c2a_{uuid4()}")
    return key


def develop() -> None:
    """One slice of the pump, and all that is to be saved after it."""
    token = leases.take(0)
    assert token
    asyncio.run(Pump(0, token, linger=0.0).run(30.0))
    for image in Image.objects.filter(state="pending"):
        saving.save(image)


def place(key, prompt: str, count: int) -> Job:
    order = Order(prompt=prompt, model="gpt-image-2", count=count, ratio="1:1")
    return actions.place(key.owner, key=key, order=order, form_token=uuid4())


def counts(job: Job) -> list[int]:
    return list(job.submissions.order_by("ordinal").values_list("count", flat=True))


def test_more_than_the_provider_makes_at_once_come_in_several_submissions(key):
    job = place(key, "dunes [fast]", 6)

    develop()

    row = Job.objects.get(pk=job.pk)
    assert (row.status, counts(job), row.missing()) == ("succeeded", [4, 2], 0)
    assert [image.place for image in row.images.all()] == [1, 2, 3, 4, 5, 6]


def test_what_the_provider_leaves_out_can_be_had_until_all_is_there(key):
    job, missing = place(key, "dunes [short] [fast]", 6), []

    develop()
    while left := Job.objects.get(pk=job.pk).missing():
        missing.append(left)
        assert actions.retry(job, by=key.owner)
        develop()

    assert missing == [2, 1]
    assert counts(job) == [4, 2, 2, 1]
    assert job.images.filter(state="kept").count() == 6
