"""What the engine, and people, look for among submissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.models.job import Job, follow
from studio.jobs.states import Status
from studio.providers.catalog import PROVIDERS
from studio.vault.models import ProviderKey

if TYPE_CHECKING:
    from studio.jobs.models.submission import Submission


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """What the engine looks for, and whose it is to decide."""

    def due(self, now: datetime) -> Self:
        """Queued, not before their time, and with a key that their owner may use now."""
        is_usable = Q(owner=F("key__owner")) | Q(key__is_shared=True)
        return self.waiting(now).filter(
            is_usable, owner__is_disabled=False, key__in=ProviderKey.objects.sendable()
        )

    def waiting(self, now: datetime) -> Self:
        """Queued, not before their time, whatever their keys are like; oldest orders first."""
        may_go = Q(not_before=None) | Q(not_before__lte=now)
        return self.filter(may_go, status=Status.QUEUED).order_by("job_id", "ordinal")

    def create(self, **fields: Any) -> Submission:
        """With the owner of its job, so that members can take turns without reading the jobs."""
        return super().create(**{"owner_id": fields["job"].owner_id, **fields})

    def bulk_create(self, objs: Iterable[Submission], *args: Any, **options: Any) -> Any:
        rows = list(objs)
        for row in rows:
            row.owner_id = row.job.owner_id
        return super().bulk_create(rows, *args, **options)

    def abandoned(self, claim: UUID, sending: Collection[UUID]) -> Self:
        """Claimed and not being sent: by a pump that is gone, or lost when a commit's answer was.

        claim, sending: of the pump that holds the lease now.
        """
        return self.filter(status=Status.SUBMITTING).exclude(claim=claim, pk__in=sending)

    def keyless(self) -> Self:
        """Waiting for a key that has been deleted since, or whose provider has been withdrawn.

        They are neither sent nor asked after any more.
        """
        is_gone = Q(key__deleted_at__isnull=False) | ~Q(key__provider__in=PROVIDERS)
        return self.filter(is_gone, status__in=[Status.QUEUED, Status.RUNNING])

    def decidable_by(self, member: User) -> Self:
        """Those whose outcome is theirs to decide: their orders, those with their keys, or all."""
        return self if member.is_admin else self.filter(Q(owner=member) | Q(key__owner=member))

    def poked(self) -> Self:
        """The provider has called since the engine last heard of it."""
        return self.filter(status=Status.RUNNING, poked_at__isnull=False)

    def take(self, rows: Collection[Submission], claim: UUID) -> list[Submission]:
        """`Submission.take` for many at once. Returns those that are ours now."""
        ids = [row.pk for row in rows]
        with transaction.atomic():
            if connection.features.has_select_for_update:
                jobs = Job.objects.filter(pk__in=[row.job_id for row in rows]).order_by("pk")
                list(jobs.select_for_update(no_key=True).values_list("pk"))
            taken = {"status": Status.SUBMITTING, "claim": claim, "sent_at": None}
            queued = self.filter(pk__in=ids, status=Status.QUEUED)
            queued.update(**taken, tries=F("tries") + 1)
            ours = self.filter(pk__in=ids, status=Status.SUBMITTING, claim=claim)
            tries = dict(ours.values_list("pk", "tries"))
            won = [row for row in rows if row.pk in tries]
            for row in won:
                vars(row).update(**taken, tries=tries[row.pk])
            follow([row.job for row in won])
        return won

    def note_progress(self, rows: Collection[Submission]) -> None:
        """Keep the progress of many submissions; a card somewhere will want to change."""
        told = defaultdict(list)
        for row in rows:
            told[row.progress].append(row.pk)
        running = self.filter(status=Status.RUNNING)
        for progress, pks in told.items():
            running.filter(pk__in=pks).update(progress=progress)
        moved = running.filter(pk__in=[row.pk for row in rows]).values("job_id")
        Job.objects.filter(pk__in=moved).update(revision=F("revision") + 1)

    def poke(self, saying: str) -> bool:
        """Have what is running polled at once; says whether this changed anything.

        saying: a hash of what was said. Who says the same again is not heard, nor is anybody
        until the engine has noticed.
        """
        rows = self.filter(status=Status.RUNNING, poked_at=None).exclude(poked_by=saying)
        return bool(rows.update(poked_at=timezone.now(), poked_by=saying))
