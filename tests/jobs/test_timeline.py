"""The timeline: all that may happen has words."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs import actions
from studio.jobs.models import Event, Job, Kind, Submission
from studio.jobs.sentences import SENTENCES
from studio.jobs.states import Status
from studio.jobs.timeline import LINES, REASONS, timeline
from studio.providers.contract import Done, Picture
from tests.conftest import make_job

pytestmark = pytest.mark.django_db

Act = Callable[[Submission], object]
CLAIM = uuid4()
DONE = Done(pictures=(Picture(url="https://a.example/1.png"),))


def taken(one: Submission) -> None:
    one.take(CLAIM)


def finished(one: Submission, state: str) -> None:
    taken(one)
    one.finish(DONE)
    one.images.update(state=state)
    one.settle()


def lines_after(bob: User, act: Act) -> list[tuple[str, str, str]]:
    job = make_job(bob)
    act(Submission.objects.select_related("job", "key").get(job=job))
    found = timeline(job.events.order_by("pk"), provider="APIMart")
    return [(line.title, line.detail, line.dot) for line in found]


def test_every_kind_has_a_line() -> None:
    assert set(LINES) == set(Kind)


def test_a_kind_without_words_is_refused(bob: User) -> None:
    job = make_job(bob)

    with pytest.raises(ValueError, match="teleported"):
        job.note("teleported")

    assert not Event.objects.exists()


def sent(one: Submission) -> None:
    taken(one)
    one.mark_sent(CLAIM, "a" * 64)


def accepted(one: Submission) -> None:
    taken(one)
    one.accept({"task_id": "1"}, timezone.now())


def put_back(one: Submission) -> None:
    taken(one)
    one.put_back(CLAIM, reason="limited")


def lost(one: Submission) -> None:
    taken(one)
    one.lose_track("answer_lost")


@pytest.mark.parametrize(
    ("act", "last"),
    [
        (sent, ("Sent to APIMart", "key …demo", "")),
        (accepted, ("Developing", "APIMart took the order", "safe")),
        (
            put_back,
            (
                "Back in the queue",
                "The provider asks us to slow down. It will be sent again, and is charged once.",
                "",
            ),
        ),
        (
            lost,
            (
                "Outcome unknown",
                "The connection dropped after sending. It was not sent again.",
                "bad",
            ),
        ),
        (
            lambda one: finished(one, "kept"),
            ("Archived", "pictures kept: 1, checksums match", "ok"),
        ),
        (lambda one: finished(one, "lost"), ("Pictures could not be saved", "", "bad")),
        (lambda one: one.fail("no_secret"), ("Failed", "The key has no secret.", "bad")),
        (
            lambda one: one.fail("blocked", status=Status.BLOCKED),
            ("Blocked", "Blocked by the content policy.", "bad"),
        ),
        (lambda one: one.cancel(by="Bob"), ("Cancelled", "by Bob, before it was sent", "")),
    ],
)
def test_each_step_of_a_submission_is_told(bob: User, act: Act, last: tuple[str, str, str]) -> None:
    assert lines_after(bob, act)[-1] == last


def test_what_people_do_is_told_with_their_name(bob: User) -> None:
    job = make_job(bob)
    job.submissions.update(status=Status.RUNNING)

    actions.cancel(job, by=bob)
    actions.retry(job, by=bob)

    found = timeline(job.events.order_by("pk"), provider="APIMart")
    assert [(line.title, line.detail) for line in found] == [
        ("No longer waited for", "by Bob Member"),
        ("Ordered again", "by Bob Member"),
    ]


@pytest.mark.parametrize("kind", Kind)
def test_each_line_stands_with_any_text_in_its_facts(bob: User, kind: Kind) -> None:
    job = make_job(bob)
    nasty = "100 % %s %(by)s <b>"

    job.note(kind, by=nasty, key=nasty, pictures=1, reason="busy")

    [line] = timeline(job.events.all(), provider=nasty)
    assert line.title
    assert line.at == Event.objects.get().at


@pytest.mark.parametrize("code", SENTENCES)
def test_no_reason_is_told_as_not_known(bob: User, code: str) -> None:
    """“We do not know what happened” explains nothing in a timeline."""
    job = Job.objects.get(pk=make_job(bob).pk)

    job.note(Kind.LOST_TRACK, reason=code)

    [line] = timeline(job.events.all(), provider="APIMart")
    assert "We do not know" not in line.detail
    assert set(REASONS) <= set(SENTENCES)
