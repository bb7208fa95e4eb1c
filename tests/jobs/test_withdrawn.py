"""Orders at a provider that this studio no longer works with: shown, and never sent."""

from __future__ import annotations

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.jobs import outcomes
from studio.jobs.errors import NoTaskId
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.pages.scenes import add_picture, scene

pytestmark = pytest.mark.django_db


def withdrawn(bob: User, status: Status, **facts: object) -> Job:
    key = make_key(bob, label="Old", is_sandbox=False)
    job = scene(bob, key, status, **facts)
    if status == Status.SUCCEEDED:
        add_picture(job)
    ProviderKey.objects.update(provider="yesteryear")
    Job.objects.update(provider="yesteryear", model="old-image-1")
    return Job.objects.get(pk=job.pk)


@pytest.mark.parametrize("status", Status)
def test_it_is_shown_in_every_state(as_bob: Client, bob: User, status: Status) -> None:
    job = withdrawn(bob, status)

    sheet = as_bob.get("/").content.decode()
    page = as_bob.get(f"/jobs/{job.uid}")
    changes = as_bob.get("/jobs/changes", {"since": f"{job.pk}.0.0"})

    assert f'id="job-{job.pk}" data-state="{status}"' in sheet
    assert "yesteryear" in sheet
    assert (page.status_code, changes.status_code) == (200, 200)
    assert as_bob.get("/keys/").status_code == 200


def test_a_comparison_with_it_is_shown(as_bob: Client, bob: User) -> None:
    one = withdrawn(bob, Status.SUCCEEDED)
    other = scene(bob, make_key(bob), Status.SUCCEEDED)
    Job.objects.update(comparison=one.uid)

    html = as_bob.get("/").content.decode()

    assert f'id="job-{one.pk}"' in html
    assert f'id="job-{other.pk}"' in html


def test_it_is_neither_ordered_again_nor_looked_up(as_bob: Client, bob: User) -> None:
    failed = withdrawn(bob, Status.FAILED, error="busy")
    unknown = withdrawn(bob, Status.UNKNOWN, error="answer_lost")
    doubt = Submission.objects.select_related("job__owner", "key").get(job=unknown)

    as_bob.post(f"/jobs/{failed.uid}/retry")
    page = as_bob.get(f"/jobs/{unknown.uid}").content.decode()

    assert failed.submissions.count() == 1
    assert not outcomes.send_again(doubt, by=bob)
    with pytest.raises(NoTaskId):
        outcomes.look_up(doubt, by=bob, task_id="task_01K")
    assert "/charged" in page
    assert "/look-up" not in page
