"""Looking up an order whose outcome is unknown, at pretend providers over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.utils import timezone

from studio.accounts.models import User
from studio.engine import saving, tasks
from studio.jobs import outcomes
from studio.jobs.models import Decision, Submission
from studio.jobs.states import Status
from tests.conftest import make_key
from tests.pages.scenes import scene

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = {"model": "gpt-image-2", "prompt": "dunes [fast]", "size": "1:1", "resolution": "1k"}
MODELS = {
    "aigptimage": "gpt-image-2-text-to-image",
    "apimodels": "gpt-image-2-all",
}


@pytest.fixture
def sandbox(live_server: Any, settings: Any) -> str:
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    return str(settings.STUDIO_SANDBOX_URL)


def doubtful(owner: User, provider: str = "apimart", secret: str = "demo-0123456789") -> Submission:
    key = make_key(owner, provider=provider)
    key.set_secret(secret)
    model = MODELS.get(provider, "gpt-image-2")
    job = scene(owner, key, Status.UNKNOWN, error="answer_lost", model=model)
    job.submissions.update(sent_at=timezone.now(), accepted_at=None)
    return row(job.submissions.get())


def row(submission: Submission) -> Submission:
    return Submission.objects.select_related("job", "key").get(pk=submission.pk)


def bought(sandbox: str, prompt: str = "dunes [fast]") -> str:
    """The id of an order that the provider has, and we have not."""
    answer = httpx.post(
        f"{sandbox}/apimart/v1/images/generations",
        json=ORDER | {"prompt": prompt},
        headers={"Authorization": "Bearer demo-0123456789"},
        timeout=30,
    )
    return str(answer.json()["data"][0]["task_id"])


def looked_up(submission: Submission, task_id: str = "") -> Submission:
    assert outcomes.look_up(submission, by=submission.job.owner, task_id=task_id)
    tasks.look_up(str(submission.pk))
    tasks.look_up(str(submission.pk))  # a message may come twice
    return row(submission)


@pytest.mark.promise(3)
def test_pictures_of_a_lost_order_are_fetched_by_the_id_that_a_person_found(
    bob: User, sandbox: str
) -> None:
    found = looked_up(doubtful(bob), bought(sandbox))
    running = (found.status, found.error_code, found.sought_code)

    tasks.pump(0)
    for image in found.images.all():
        saving.save(image)

    done = row(found)
    assert running == ("running", "", "")
    assert (done.status, done.images.get().state) == ("succeeded", "kept")
    kinds = [event.kind for event in done.job.events.order_by("id")]
    assert kinds[-4:] == ["sought", "accepted", "provider_done", "archived"]


@pytest.mark.parametrize(
    "provider", ["apimart", "aigptimage", "apimodels", "chatgpt2api", "gptimage2plus"]
)
def test_an_id_that_the_provider_does_not_know_changes_nothing(
    bob: User, sandbox: str, provider: str
) -> None:
    found = looked_up(doubtful(bob, provider), "00000000-0000-4000-8000-000000000000")

    assert (found.status, found.sought_code) == ("unknown", "unknown_task")
    assert found.ticket is None
    assert not found.key.is_paused


def test_2api_is_asked_by_our_own_id(bob: User, sandbox: str) -> None:
    submission = doubtful(bob, "chatgpt2api")
    httpx.post(
        f"{sandbox}/chatgpt2api/api/image-tasks/generations",
        json={"client_task_id": str(submission.pk), "prompt": "dunes", "model": "gpt-image-2"},
        headers={"Authorization": "Bearer demo-0123456789"},
        timeout=30,
    ).raise_for_status()

    found = looked_up(submission)

    assert (found.status, found.ticket) == ("running", {"task_id": str(submission.pk)})


def test_an_order_that_the_provider_gave_up_ends_in_its_words(bob: User, sandbox: str) -> None:
    found = looked_up(doubtful(bob), bought(sandbox, "dunes [fail] [fast]"))

    tasks.pump(0)

    assert row(found).status == "failed"
    assert row(found).error_code == "failed"


@pytest.mark.parametrize(
    ("secret", "code"), [("demo-0123456789[401]", "bad_key"), ("demo-0123456789[503]", "busy")]
)
def test_a_provider_that_cannot_be_asked_is_told_so(
    bob: User, sandbox: str, secret: str, code: str
) -> None:
    found = looked_up(doubtful(bob, secret=secret), "task_01K")

    assert (found.status, found.sought_code) == ("unknown", code)


def test_a_key_that_cannot_be_opened_is_told_so(bob: User, sandbox: str) -> None:
    submission = doubtful(bob)
    type(submission.key).objects.update(sealed=b"")

    assert looked_up(submission, "task_01K").sought_code == "no_secret"


def test_what_was_decided_meanwhile_is_found_all_the_same(bob: User, sandbox: str) -> None:
    submission = doubtful(bob)
    outcomes.look_up(submission, by=bob, task_id=bought(sandbox))
    asked = row(submission)
    outcomes.decide(submission, Decision.CHARGED, by=bob)

    tasks.look_up(str(submission.pk))
    after = row(submission)

    assert asked.is_sought
    assert (after.status, after.decision) == ("running", "charged")
