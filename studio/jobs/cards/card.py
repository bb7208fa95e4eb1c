"""The card: all that `jobs/_card.html` draws of a job, in every state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from studio.accounts.models import User
from studio.jobs.cards.words import Words
from studio.jobs.models import Job, Submission
from studio.jobs.states import Status


@dataclass(frozen=True, kw_only=True)
class Card(Words):
    """Facts, words, and what the member may do."""

    @property
    def can_cancel(self) -> bool:
        return self.is_mine and self.status == Status.QUEUED

    @property
    def can_stop(self) -> bool:
        return self.is_mine and self.status in (Status.RUNNING, Status.UNKNOWN)

    @property
    def can_retry(self) -> bool:
        over = (Status.FAILED, Status.BLOCKED, Status.CANCELLED, Status.UNKNOWN)
        return self.is_mine and self.status in over

    @property
    def may_cost_again(self) -> bool:
        """Whether a retry may pay for the same pictures a second time."""
        open_codes = ("stopped_waiting", "unknown_task", "pictures_lost", "broken_answer")
        return self.status == Status.UNKNOWN or self._sentence_code in open_codes

    @property
    def remix_url(self) -> str:
        return f"{reverse('studio')}?remix={self.job.uid}"

    @property
    def download_url(self) -> str:
        return self.images[0].full_url if self.images else ""

    @property
    def remote_url(self) -> str:
        """The provider's public address, while it lives."""
        return next((image.url for image in self.job.images.all() if image.is_url_alive), "")


def with_cards(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Jobs with everything that their cards read: five queries for any number of cards."""
    current = Submission.objects.filter(is_superseded=False)
    return jobs.select_related("owner", "key", "key__owner").prefetch_related(
        "images",
        "job_references__reference",
        Prefetch("submissions", current, to_attr="current"),
    )


def make_cards(jobs: Iterable[Job], member: User, now: datetime) -> list[Card]:
    """Cards of jobs from `with_cards`."""
    return [
        Card(job=job, member=member, now=now, current=list(job.current))  # type: ignore[attr-defined]
        for job in jobs
    ]
