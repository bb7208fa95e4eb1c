"""What people do to jobs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from studio.jobs import actions
from studio.jobs.models import Job, Reference, Submission
from studio.jobs.states import Status
from studio.providers.orders import Order, Size
from tests.conftest import make_job, make_key

ORDER = Order(prompt="an orange cat", model="gpt-image-2", count=3, ratio="16:9", resolution="2k")


@pytest.fixture
def key(bob):
    return make_key(bob)


@pytest.mark.django_db
def test_placing_makes_a_job_with_one_submission_and_its_references_in_order(bob, key):
    first, second = (Reference.objects.create(owner=bob, sha256=str(n)) for n in (1, 2))

    job = actions.place(bob, key=key, order=ORDER, form_token=uuid4(), references=[second, first])

    assert (job.status, job.prompt, job.count, job.ratio, job.resolution) == (
        "queued",
        "an orange cat",
        3,
        "16:9",
        "2k",
    )
    assert list(job.submissions.values_list("count", "status")) == [(3, "queued")]
    assert [use.reference for use in job.job_references.all()] == [second, first]
    assert list(job.events.values_list("kind", "facts")) == [("placed", {"by": bob.name})]


@pytest.mark.django_db
def test_an_exact_size_is_kept_in_pixels(bob, key):
    order = Order(prompt="x", model="gpt-image-2", size=Size(1881, 836))

    job = actions.place(bob, key=key, order=order, form_token=uuid4())

    assert (job.width, job.height, job.ratio) == (1881, 836, "")


@pytest.mark.promise(12)
@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_job(bob, key):
    token = uuid4()

    def click(_number: int) -> int:
        try:
            return actions.place(bob, key=key, order=ORDER, form_token=token).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        numbers = set(threads.map(click, range(8)))

    assert len(numbers) == 1
    assert (Job.objects.count(), Submission.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_two_members_may_use_the_same_token(bob, charlie, key):
    token = uuid4()

    actions.place(bob, key=key, order=ORDER, form_token=token)
    actions.place(charlie, key=key, order=ORDER, form_token=token)

    assert Job.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (Status.QUEUED, Status.CANCELLED, ""),
        (Status.RUNNING, Status.CANCELLED, "stopped_waiting"),
        (Status.SUBMITTING, Status.SUBMITTING, ""),
        (Status.SUCCEEDED, Status.SUCCEEDED, ""),
        (Status.UNKNOWN, Status.UNKNOWN, ""),
    ],
)
def test_cancelling_takes_back_what_was_not_sent_and_stops_waiting_for_the_rest(
    bob, before, after, code
):
    job = make_job(bob)
    job.submissions.update(status=before)

    changed = actions.cancel(job, by=bob)

    assert changed == (before != after)
    assert list(job.submissions.values_list("status", "error_code")) == [(after, code)]


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["failed", "blocked", "cancelled"])
def test_a_retry_is_a_new_submission_and_keeps_the_old_one(bob, status):
    job = make_job(bob, count=2)
    job.submissions.update(status=status)
    job.follow()

    assert actions.retry(job, by=bob)
    assert not actions.retry(job, by=bob)

    rows = job.submissions.order_by("ordinal").values_list("status", "is_superseded", "count")
    assert list(rows) == [(status, True, 2), ("queued", False, 2)]
    assert Job.objects.get(pk=job.pk).status == "queued"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "status", ["queued", "submitting", "running", "saving", "succeeded", "unknown"]
)
def test_what_is_under_way_done_or_unknown_is_not_ordered_again(bob, status):
    job = make_job(bob)
    job.submissions.update(status=status)

    assert not actions.retry(job, by=bob)
    assert job.submissions.count() == 1
