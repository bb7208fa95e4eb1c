"""Cards of jobs that were left in some state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.cards import Card, make_cards, with_cards
from studio.jobs.models import Image, Job, Submission
from studio.jobs.states import Status

NOW = timezone.now()


def card_of(job: Job, member: User | None = None) -> Card:
    [card] = make_cards(with_cards(Job.objects.filter(pk=job.pk)), member or job.owner, NOW)
    return card


def in_state(job: Job, status: Status, *, accepted: float | None = None, **fields: Any) -> None:
    """The job's submission, left in some state; accepted so many seconds ago."""
    rows = Submission.objects.filter(job=job, is_superseded=False)
    since = None if accepted is None else NOW - timedelta(seconds=accepted)
    rows.update(status=status, accepted_at=since, **fields)
    Job.objects.filter(pk=job.pk).update(status=status)


def picture(job: Job, state: str = "kept", size: tuple[int, int] = (1024, 1024)) -> Image:
    return Image.objects.create(
        job=job,
        submission=job.submissions.get(),
        number=job.images.count() + 1,
        state=state,
        url=f"https://a.example/{job.images.count()}.png",
        sha256="a" * 64,
        media_type="image/png",
        width=size[0],
        height=size[1],
    )
