"""Cancel, retry and hide: by the owner alone, told in the timeline."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.composing import HTMX
from tests.pages.scenes import scene

ACTIONS = ["cancel", "retry", "hide"]
ANSWERS = {"cancel": "cancelled", "retry": "queued", "hide": "failed"}


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob)


def job_for(action: str, owner: User, key: ProviderKey) -> Job:
    """A job with which this can be done."""
    return scene(owner, key, Status.QUEUED if action == "cancel" else Status.FAILED, error="busy")


def address(job: Job, action: str) -> str:
    return f"/jobs/{job.uid}/{action}"


def state(job: Job) -> tuple[Any, ...]:
    submissions = job.submissions.order_by("ordinal").values_list("status", "is_superseded")
    return (*Job.objects.values_list("status", "is_hidden").get(pk=job.pk), list(submissions))


def kinds(job: Job) -> list[tuple[str, dict[str, Any]]]:
    events = job.events.exclude(kind__in=["placed", "sent"]).order_by("pk")
    return list(events.values_list("kind", "facts"))


@pytest.mark.parametrize("action", ACTIONS)
def test_on_the_page_an_action_leads_back(
    as_bob: Client, bob: User, key: ProviderKey, action: str
) -> None:
    job = job_for(action, bob, key)

    response = as_bob.post(address(job, action))

    job.refresh_from_db()
    assert response.status_code == 302
    assert response["Location"] == ("/" if action == "hide" else f"/jobs/{job.uid}")
    assert (job.status, job.is_hidden) == (ANSWERS[action], action == "hide")


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_on_the_sheet_the_answer_is_the_card(
    as_bob: Client, bob: User, key: ProviderKey, action: str
) -> None:
    job = job_for(action, bob, key)

    response = as_bob.post(address(job, action), headers=HTMX)

    html = response.content.decode()
    assert response.status_code == 200
    assert f'id="job-{job.pk}" data-state="{ANSWERS[action]}"' in html
    assert "<html" not in html


def test_a_hidden_card_leaves_nothing_and_the_job_stays(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job = job_for("hide", bob, key)

    response = as_bob.post(address(job, "hide"), headers=HTMX)

    assert (response.status_code, response.content) == (200, b"")
    assert f'id="job-{job.pk}"' not in as_bob.get("/").content.decode()
    assert as_bob.get(f"/jobs/{job.uid}").status_code == 200


@pytest.mark.promise(34)
@pytest.mark.parametrize("action", ACTIONS)
def test_others_get_404_and_so_does_an_admin(
    as_alice: Client, as_charlie: Client, bob: User, key: ProviderKey, action: str
) -> None:
    job = job_for(action, bob, key)
    before = state(job)

    answers = [client.post(address(job, action)).status_code for client in (as_alice, as_charlie)]

    assert answers == [404, 404]
    assert state(job) == before


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_take_no_link(as_bob: Client, bob: User, key: ProviderKey, action: str) -> None:
    job = job_for(action, bob, key)

    assert as_bob.get(address(job, action)).status_code == 405


@pytest.mark.parametrize("action", ACTIONS)
def test_another_site_cannot_press_a_button(bob: User, key: ProviderKey, action: str) -> None:
    job = job_for(action, bob, key)
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="studio.accounts.backends.EmailBackend")

    assert client.post(address(job, action)).status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_an_ended_session_is_told_to_the_page(
    client: Client, bob: User, key: ProviderKey, action: str
) -> None:
    job = job_for(action, bob, key)

    response = client.post(address(job, action), headers=HTMX)

    assert (response.status_code, response["HX-Trigger"]) == (401, "signed-out")


def test_what_is_with_the_provider_is_only_no_longer_waited_for(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.RUNNING)

    html = as_bob.post(address(job, "cancel"), headers=HTMX).content.decode()

    assert "No longer waited for" in html
    assert "may still charge for it" in html
    assert kinds(job) == [("stopped_waiting", {"by": bob.name})]


@pytest.mark.parametrize("status", ["submitting", "saving", "succeeded", "failed", "cancelled"])
def test_what_cannot_be_cancelled_stays_as_it_is(
    as_bob: Client, bob: User, key: ProviderKey, status: str
) -> None:
    job = scene(bob, key, Status(status))
    before = state(job)

    assert as_bob.post(address(job, "cancel"), headers=HTMX).status_code == 200
    assert state(job) == before


def test_a_retry_of_what_may_have_been_charged_asks_first_and_tells_who_wanted_it(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.FAILED, error="unknown_task")
    question = "The provider may already have charged for this order."

    sheet, page = as_bob.get("/").content.decode(), as_bob.get(f"/jobs/{job.uid}").content.decode()
    as_bob.post(address(job, "retry"))

    assert f'hx-post="{address(job, "retry")}" hx-disabled-elt="this" hx-confirm="{question}' in (
        sheet
    )
    assert f'data-confirm="{question}' in page
    assert kinds(job) == [("retried", {"by": bob.name})]
    assert state(job) == ("queued", False, [("failed", True), ("queued", False)])


def test_a_retry_of_a_definite_failure_asks_nothing(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.FAILED, error="busy")

    html = as_bob.get("/").content.decode()

    assert f'hx-post="{address(job, "retry")}"' in html
    assert "may already have charged" not in html


@pytest.mark.promise(12)
def test_a_double_click_on_retry_orders_once(as_bob: Client, bob: User, key: ProviderKey) -> None:
    job = job_for("retry", bob, key)

    for _ in range(2):
        as_bob.post(address(job, "retry"), headers=HTMX)

    assert Submission.objects.filter(job=job).count() == 2


@pytest.mark.parametrize("change", [{"deleted_at": "2026-01-01T00:00Z"}, {"is_shared": False}])
def test_no_retry_with_a_key_that_may_not_be_used_any_more(
    as_bob: Client, bob: User, charlie: User, change: dict[str, Any]
) -> None:
    lent = make_key(charlie, is_shared=True)
    job = scene(bob, lent, Status.FAILED, error="busy")
    assert address(job, "retry") in as_bob.get("/").content.decode()
    ProviderKey.objects.filter(pk=lent.pk).update(**change)

    html = as_bob.post(address(job, "retry"), headers=HTMX).content.decode()

    assert address(job, "retry") not in html
    assert Submission.objects.filter(job=job).count() == 1


def test_the_answer_counts_what_the_page_around_shows(
    as_bob: Client, bob: User, charlie: User, key: ProviderKey
) -> None:
    job = job_for("retry", bob, key)
    make_job(charlie)
    around = {**HTMX, "HX-Current-URL": "http://testserver/?scope=mine"}

    html = as_bob.post(address(job, "retry"), headers=around).content.decode()

    assert '<div hx-swap-oob="innerHTML:#live-count">1 waiting</div>' in html
