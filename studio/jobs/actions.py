"""What people do to jobs: place, cancel, retry, pick, hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction

from studio.accounts.models import User
from studio.jobs.errors import FormUsed
from studio.jobs.models import Job, JobReference, Kind, Reference, Submission
from studio.jobs.orders import model_of, order_of
from studio.jobs.shards import wake
from studio.jobs.states import RETRIABLE, Status
from studio.providers.orders import Order
from studio.vault.models import ProviderKey


def place(
    owner: User,
    *,
    key: ProviderKey,
    order: Order,
    form_token: UUID,
    references: Sequence[Reference] = (),
    mask: Reference | None = None,
    made_from: Job | None = None,
) -> Job:
    """Order pictures. The same form token, twice or at once, is one job (promise 12).

    Raises FormUsed when the token has placed another order before.
    """
    [job] = place_on_several(
        owner,
        orders=[(key, order)],
        form_token=form_token,
        references=references,
        mask=mask,
        made_from=made_from,
    )
    return job


def place_on_several(
    owner: User,
    *,
    orders: Sequence[tuple[ProviderKey, Order]],
    form_token: UUID,
    references: Sequence[Reference] = (),
    mask: Reference | None = None,
    made_from: Job | None = None,
) -> list[Job]:
    """Order the same with several keys, each once: all their jobs or none, in this order.

    Two and more are a comparison. The form token counts as in `place`.
    """
    comparison = uuid4() if len(orders) > 1 else None
    tokens = [form_token, *(uuid5(form_token, str(key.uid)) for key, _order in orders[1:])]
    facts = {"owner": owner, "mask": mask, "made_from": made_from, "comparison": comparison}
    try:
        with transaction.atomic():
            jobs = [
                _placed(key, order, references, form_token=token, **facts)
                for token, (key, order) in zip(tokens, orders, strict=True)
            ]
            wake(key.pk for key, _order in orders)
    except IntegrityError:
        return _placed_before(owner, form_token, orders)
    return jobs


def _placed(key: ProviderKey, order: Order, references: Sequence[Reference], **facts: Any) -> Job:
    job = Job.objects.create(key=key, provider=key.provider, **facts, **_columns(order))
    JobReference.objects.bulk_create(
        JobReference(job=job, reference=reference, position=position)
        for position, reference in enumerate(references, start=1)
    )
    _submit(job, order)
    job.note(Kind.PLACED, by=job.owner.name)
    return job


def _submit(job: Job, order: Order, *, after: int = 0) -> None:
    """As many submissions as the model needs for the order, behind those that are there."""
    for ordinal, share in enumerate(model_of(job).shares(order), start=after + 1):
        Submission.objects.create(job=job, key=job.key, count=share, ordinal=ordinal)


def _placed_before(
    owner: User, form_token: UUID, orders: Sequence[tuple[ProviderKey, Order]]
) -> list[Job]:
    job = Job.objects.get(owner=owner, form_token=form_token)
    jobs = list(job.contenders) or [job]
    if [(one.key_id, order_of(one)) for one in jobs] != [(key.pk, order) for key, order in orders]:
        raise FormUsed
    return jobs


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
    """Take back what was not sent, and stop waiting for what was. Says whether anything changed.

    An unknown outcome stays unknown: what became of it is decided, not forgotten.
    """
    current = job.submissions.filter(is_superseded=False)
    changed = [submission.cancel(by=by.name) for submission in current]
    return any(changed)


def retry(job: Job, *, by: User) -> bool:
    """Order again what did not come, and only that. The old submissions stay on record.

    Not with a key that its owner may no longer use.
    """
    with transaction.atomic():
        if not ProviderKey.objects.usable_by(job.owner).filter(pk=job.key_id).exists():
            return False
        job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        wanting = job.wanting()
        if not wanting:
            return False
        job.submissions.filter(is_superseded=False, status__in=RETRIABLE).update(is_superseded=True)
        _submit(job, replace(order_of(job), count=wanting), after=job.submissions.count())
        job.note(Kind.RETRIED, by=by.name)
        job.follow()
        wake([job.key_id])
    return True


def pick(job: Job) -> bool:
    """Make it the winner of its comparison, instead of any other. Says whether it is.

    Only what brought pictures can win, and not before all the others have ended too.
    """
    with transaction.atomic():
        contenders = list(job.contenders.select_for_update())
        good = [one for one in contenders if one.pk == job.pk and one.status == Status.SUCCEEDED]
        if not good or not all(one.is_finished for one in contenders):
            return False
        good[0].win()
    return True


def hide(job: Job) -> None:
    """Take a job off the contact sheet; it stays in the history."""
    Job.objects.filter(pk=job.pk).update(is_hidden=True)
