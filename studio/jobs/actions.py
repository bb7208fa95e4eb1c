"""What people do to jobs: place, cancel, retry, hide."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from studio.accounts.models import User
from studio.jobs.models import Job, JobReference, Reference, Submission
from studio.jobs.states import Status
from studio.providers.orders import Order
from studio.queue import enqueue
from studio.vault.models import ProviderKey

WAKE = ("studio.engine.tasks.pump", 0)
RETRIABLE = (Status.FAILED, Status.BLOCKED, Status.CANCELLED, Status.UNKNOWN)


def place(
    owner: User,
    *,
    key: ProviderKey,
    order: Order,
    form_token: UUID,
    references: Sequence[Reference] = (),
    made_from: Job | None = None,
) -> Job:
    """Order pictures. The same form token, twice or at once, is one job (promise 12)."""
    try:
        with transaction.atomic():
            job = Job.objects.create(
                owner=owner,
                key=key,
                form_token=form_token,
                provider=key.provider,
                made_from=made_from,
                **_columns(order),
            )
            JobReference.objects.bulk_create(
                JobReference(job=job, reference=reference, position=position)
                for position, reference in enumerate(references, start=1)
            )
            Submission.objects.create(job=job, key=key, count=order.count)
            job.note("placed", by=owner.name)
            enqueue(*WAKE)
    except IntegrityError:
        return Job.objects.get(owner=owner, form_token=form_token)
    return job


def _columns(order: Order) -> dict[str, object]:
    return {
        "prompt": order.prompt,
        "model": order.model,
        "count": order.count,
        "ratio": order.ratio,
        "resolution": order.resolution,
        "width": order.size.width if order.size else None,
        "height": order.size.height if order.size else None,
        "quality": order.quality,
        "background": order.background,
        "output_format": order.output_format,
        "is_official_fallback": order.is_official_fallback,
    }


def cancel(job: Job, *, by: User) -> bool:
    """Take back what was not sent, and stop waiting for what was. Says whether anything changed."""
    current = job.submissions.filter(is_superseded=False)
    changed = [submission.cancel(by=by.name) for submission in current]
    return any(changed)


def retry(job: Job, *, by: User) -> bool:
    """Order again what did not come, as a new submission. The old ones stay on record."""
    with transaction.atomic():
        ended = job.submissions.filter(is_superseded=False, status__in=RETRIABLE)
        missing = [submission.count for submission in ended.select_for_update()]
        if not missing or not ended.update(is_superseded=True):
            return False
        ordinal = job.submissions.count()
        for place_, count in enumerate(missing, start=1):
            Submission.objects.create(job=job, key=job.key, count=count, ordinal=ordinal + place_)
        job.note("retried", by=by.name)
        job.follow()
        enqueue(*WAKE)
    return True


def hide(job: Job) -> None:
    """Take a job off the contact sheet; it stays in the history."""
    Job.objects.filter(pk=job.pk).update(is_hidden=True)
