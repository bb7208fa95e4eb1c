"""A comparison: one order's jobs on several keys, as the member sees them side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.accounts.models import User
from studio.jobs.models import Job
from studio.jobs.states import Status


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All its jobs with their keys, in the order in which they were placed."""

    uid: UUID
    jobs: list[Job]
    member: User

    @property
    def prompt(self) -> str:
        return self.jobs[0].prompt

    @property
    def names(self) -> list[str]:
        return [contender_name(job) for job in self.jobs]

    @property
    def is_over(self) -> bool:
        return all(job.is_finished for job in self.jobs)

    @property
    def winner(self) -> Job | None:
        return next((job for job in self.jobs if job.is_winner), None)

    @property
    def is_to_be_decided(self) -> bool:
        """Pictures came and none was picked."""
        return self.is_over and not self.winner and bool(self._good)

    @property
    def _good(self) -> list[Job]:
        return [job for job in self.jobs if job.status == Status.SUCCEEDED]

    @property
    def verdict(self) -> str:
        """How far it is, or how it ended."""
        if self.winner:
            return _("Picked: %(name)s") % {"name": contender_name(self.winner)}
        if not self.is_over:
            ended = sum(job.is_finished for job in self.jobs)
            return _("%(n)s of %(total)s finished") % {"n": ended, "total": len(self.jobs)}
        if not self._good:
            is_open = any(job.status == Status.UNKNOWN for job in self.jobs)
            return _("Nothing came so far") if is_open else _("Nothing came")
        if self.jobs[0].owner_id == self.member.pk:
            return _("Pick the one you like best")
        return ngettext("%(n)s to choose from", "%(n)s to choose from", len(self._good)) % {
            "n": len(self._good)
        }


def contender_name(job: Job) -> str:
    """Its provider; the sandbox plays several."""
    label = job.key.provider_label
    return _("Demo: %(provider)s") % {"provider": label} if job.key.is_sandbox else label


def comparisons_of(jobs: Iterable[Job], member: User) -> dict[UUID, Comparison]:
    """The comparisons that some jobs belong to; asks once, and not where there are none."""
    uids = {job.comparison for job in jobs if job.comparison}
    if not uids:
        return {}
    rows = Job.objects.filter(comparison__in=uids).select_related("key")
    groups = groupby(rows.order_by("comparison", "pk"), lambda job: job.comparison)
    return {
        uid: Comparison(uid=uid, jobs=list(group), member=member) for uid, group in groups if uid
    }
