"""The card: all that `jobs/_card.html` draws of a job, in every state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from studio.accounts.models import User
from studio.jobs.cards.comparison import comparisons_of
from studio.jobs.cards.doubts import Doubt, decisions
from studio.jobs.cards.words import Words
from studio.jobs.models import Image, Job, JobReference, Submission
from studio.jobs.states import Status
from studio.vault.queries import may_use


@dataclass(frozen=True, kw_only=True)
class Card(Words):
    """Facts, words, and what the member may do."""

    @property
    def can_cancel(self) -> bool:
        return self.is_mine and self.status == Status.QUEUED

    @property
    def can_stop(self) -> bool:
        return self.is_mine and self.status == Status.RUNNING

    @property
    def can_retry(self) -> bool:
        return self.is_mine and bool(self.wanting) and may_use(self.job.key, self.member)

    @property
    def can_decide(self) -> bool:
        """Say what was charged, or have it looked up: owner of the job, of the key, and admins."""
        is_payer = self.job.key.owner_id == self.member.pk
        return bool(self.doubts) and (self.is_mine or is_payer or self.member.is_admin)

    @property
    def deciders(self) -> str:
        """The members, besides admins, who may."""
        return ", ".join(dict.fromkeys([self.owner.name, self.job.key.owner.name]))

    @property
    def doubt(self) -> Doubt | None:
        """The one order that the card itself offers to decide; of several the page tells."""
        found = self.open_questions
        return found[0] if self.can_decide and len(found) == 1 else None

    @cached_property
    def open_questions(self) -> list[Doubt]:
        """Its orders of unknown outcome."""
        return [
            Doubt(submission=one, job=self.job, member=self.member, provider=self.provider_label)
            for one in self.doubts
        ]

    @property
    def decisions(self) -> list[str]:
        """What people decided about outcomes that nobody knew."""
        return decisions(self.submissions)

    @property
    def may_cost_again(self) -> bool:
        """Whether a retry may pay for the same pictures a second time."""
        return any(reason.may_have_cost for reason in self.reasons) or self.is_short

    @property
    def can_pick(self) -> bool:
        is_ripe = self.comparison is not None and self.comparison.is_over
        is_good = self.status == Status.SUCCEEDED and not self.job.is_winner
        return self.is_mine and is_ripe and is_good

    @property
    def is_awaited(self) -> bool:
        """Others of its comparison are still under way."""
        return self.comparison is not None and not self.comparison.is_over

    @property
    def is_passed_over(self) -> bool:
        """Another one was picked."""
        return bool(self.comparison and self.comparison.winner and not self.job.is_winner)

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

    @property
    def lost_links(self) -> list[str]:
        """The provider's public addresses of pictures that are not in the archive."""
        images = self.job.images.all()
        return [image.url for image in images if image.is_lost and image.is_url_alive]


def with_cards(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Jobs with everything that their cards read: four queries for any number of cards."""
    return jobs.select_related("owner", "key__owner", "key__pace", "mask").prefetch_related(
        Prefetch("images", Image.objects.order_by("submission__ordinal", "number")),
        Prefetch("job_references", JobReference.objects.select_related("reference")),
        Prefetch(
            "submissions", Submission.objects.select_related("decided_by").order_by("ordinal")
        ),
    )


def make_cards(jobs: Iterable[Job], member: User, now: datetime) -> list[Card]:
    """Cards of jobs from `with_cards`."""
    jobs = list(jobs)
    comparisons = comparisons_of(jobs, member)
    return [
        Card(
            job=job,
            member=member,
            now=now,
            submissions=list(job.submissions.all()),
            comparison=comparisons.get(job.comparison) if job.comparison else None,
        )
        for job in jobs
    ]


def arranged(cards: Iterable[Card]) -> list[list[Card]]:
    """The places of a sheet: cards of one comparison share the place of the first of them."""
    places: dict[UUID, list[Card]] = {}
    for card in cards:
        places.setdefault(card.job.comparison or card.job.uid, []).append(card)
    return list(places.values())
