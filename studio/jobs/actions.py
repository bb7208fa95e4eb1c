"""What people do to jobs: place, cancel, retry, hide."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from studio.accounts.models import User
from studio.jobs.errors import FormUsed
from studio.jobs.models import Job, JobReference, Kind, Reference, Submission
from studio.jobs.orders import model_of, order_of
from studio.jobs.states import RETRIABLE
from studio.providers.orders import Order
from studio.queue import enqueue
from studio.vault.models import ProviderKey

WAKE = ("studio.engine.tasks.pump", 0)


def place(
    owner: User,
    *,
    key: ProviderKey,
    order: Order,
    form_token: UUID,
    references: Sequence[Reference] = (),
    made_from: Job | None = None,
) -> Job:
    """Order pictures. The same form token, twice or at once, is one job (promise 12).

    Raises FormUsed when the token has placed another order before.
    """
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
            for ordinal, share in enumerate(model_of(job).shares(order), start=1):
                Submission.objects.create(job=job, key=key, count=share, ordinal=ordinal)
            job.note(Kind.PLACED, by=owner.name)
            enqueue(*WAKE)
    except IntegrityError:
        return _placed_before(owner, form_token, key=key, order=order)
    return job


def _placed_before(owner: User, form_token: UUID, *, key: ProviderKey, order: Order) -> Job:
    job = Job.objects.get(owner=owner, form_token=form_token)
    if job.key_id != key.pk or order_of(job) != order:
        raise FormUsed
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
    """Order again what did not come, as a new submission. The old ones stay on record.

    Not with a key that its owner may no longer use.
    """
    with transaction.atomic():
        if not ProviderKey.objects.usable_by(job.owner).filter(pk=job.key_id).exists():
            return False
        ended = job.submissions.filter(is_superseded=False, status__in=RETRIABLE)
        missing = [submission.count for submission in ended.select_for_update()]
        if not missing or not ended.update(is_superseded=True):
            return False
        ordinal = job.submissions.count()
        for place_, count in enumerate(missing, start=1):
            Submission.objects.create(job=job, key=job.key, count=count, ordinal=ordinal + place_)
        job.note(Kind.RETRIED, by=by.name)
        job.follow()
        enqueue(*WAKE)
    return True


def hide(job: Job) -> None:
    """Take a job off the contact sheet; it stays in the history."""
    Job.objects.filter(pk=job.pk).update(is_hidden=True)
