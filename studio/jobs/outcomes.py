"""What people do about an outcome that nobody knows: look it up, or say what was charged.

The first decision counts; it stands on the row with who made it and when.
"""

from __future__ import annotations

from django.db import transaction

from studio.accounts.models import User
from studio.jobs.errors import NoTaskId, TaskTaken
from studio.jobs.models import Decision, Job, Kind, Submission
from studio.jobs.orders import model_of
from studio.jobs.shards import wake
from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Remembering, Ticket
from studio.queue import enqueue
from studio.vault.models import ProviderKey

LOOK_UP = "studio.engine.tasks.look_up"


def look_up(submission: Submission, *, by: User, task_id: str = "") -> bool:
    """Have the provider asked for the order: by our id, or by the one that a person found there.

    Orders nothing. Says whether it is asked anew. Raises NoTaskId, TaskTaken.
    """
    ticket = _ticket(submission, task_id)
    others = Submission.objects.filter(job__provider=submission.job.provider, ticket=dict(ticket))
    if others.exists():
        raise TaskTaken(others.values_list("job_id", flat=True)[0])
    with transaction.atomic():
        is_new = submission.seek(ticket, by=by, named=task_id.strip())
        if is_new:
            enqueue(LOOK_UP, submission.pk)
    return is_new


def _ticket(submission: Submission, task_id: str) -> Ticket:
    provider = PROVIDERS.get(submission.job.provider)
    if provider is None:
        raise NoTaskId
    if not task_id.strip() and isinstance(provider, Remembering):
        return provider.recall(submission.pk)
    ticket = provider.ticket(task_id)
    if ticket is None:
        raise NoTaskId
    return ticket


def decide(submission: Submission, decision: Decision, *, by: User) -> bool:
    """It was charged, or it was not: the order ends here. Says whether this decision counts."""
    return submission.decide(decision, by=by)


def send_again(submission: Submission, *, by: User) -> bool:
    """Once more, because it was not charged – or will not be twice, where the provider sees to it.

    A new order, with a new id; under the same id only where that is charged once. Not with a key
    that the job's owner may no longer use. Says whether it goes out.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get(pk=submission.job_id)
        if not ProviderKey.objects.usable_by(job.owner).filter(pk=submission.key_id).exists():
            return False
        if model_of(job).is_idempotent:
            is_won = submission.repeat(by=by)
        else:
            is_won = submission.decide(Decision.NOT_CHARGED, by=by) and _replaced(submission, by)
        if is_won:
            wake([submission.key_id])
    return is_won


def _replaced(submission: Submission, by: User) -> bool:
    job = submission.job
    Submission.objects.filter(pk=submission.pk).update(is_superseded=True)
    Submission.objects.create(
        job=job,
        key=submission.key,
        count=submission.count,
        ordinal=job.submissions.count() + 1,
    )
    job.note(Kind.RETRIED, by=by.name)
    job.follow()
    return True
