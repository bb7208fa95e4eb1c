"""The hold: as long as it lasts nothing is sent to a provider, asked after or fetched.

A restored studio begins with one, because the studio that the backup was taken from may have sent
since what still waits here. Orders can be placed meanwhile; they wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from studio.engine.models import Hold, Reason
from studio.jobs.models import WAITING, Job, Reference, Submission
from studio.jobs.outcomes import LOOK_UP
from studio.jobs.queries import SubmissionQuerySet
from studio.jobs.shards import wake_shard
from studio.jobs.states import ACTIVE, Status
from studio.queue import enqueue
from studio.vault.models import ProviderKey, TestStatus

BY_COMMAND = "manage.py"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many submissions are where when the hold is lifted.

    doubtful: out of a backup, and perhaps sent by the studio it was taken from; waiting: placed
    here, and certainly not sent; running: at their providers, or their pictures to be fetched.
    """

    doubtful: int
    waiting: int
    running: int
    unknown: int

    @property
    def is_empty(self) -> bool:
        return not (self.doubtful or self.waiting or self.running or self.unknown)


def current() -> Hold | None:
    return Hold.objects.filter(lifted_at=None).order_by("pk").first()


def is_on() -> bool:
    return Hold.objects.filter(lifted_at=None).exists()


def begin(reason: Reason, *, by: str, doubtful_until: datetime | None = None) -> Hold:
    """Put the studio on hold, unless it is: pumps end, and what is just going out comes in."""
    with transaction.atomic():
        if found := current():
            return found
        found = Hold.objects.create(reason=reason, begun_by=by, doubtful_until=doubtful_until)
        _redraw_cards()
    return found


def doubtful(hold: Hold) -> SubmissionQuerySet:
    """What nobody here can know not to have been sent, and perhaps paid, elsewhere."""
    rows = Submission.objects.filter(status__in=[Status.QUEUED, Status.SUBMITTING])
    until = hold.doubtful_until
    return rows.filter(created_at__lte=until) if until else rows.none()


def plan(hold: Hold) -> Plan:
    """What lifting it will set going."""
    count = Submission.objects.filter
    in_question = doubtful(hold).count()
    going_out = count(status__in=[Status.QUEUED, Status.SUBMITTING]).count()
    return Plan(
        doubtful=in_question,
        waiting=going_out - in_question,
        running=count(status__in=[Status.RUNNING, Status.SAVING]).count(),
        unknown=count(status=Status.UNKNOWN, is_superseded=False).count(),
    )


def lift(hold: Hold, *, by: str, send_doubtful: bool = False) -> bool:
    """Go on. What came out of a backup and may have been sent is set aside, unless told to send.

    The hold stays until the last one is aside, so it may be killed and started again. Says
    whether this call lifted it.
    """
    if not send_doubtful:
        for submission in doubtful(hold).select_related("job"):
            if submission.set_aside():
                hold.note_set_aside()
    with transaction.atomic():
        won = hold.end(by=by)
        if won:
            _redraw_cards()
            _wake()
    return won


def _redraw_cards() -> None:
    """Cards of orders that wait say why."""
    Job.objects.filter(status__in=ACTIVE).update(revision=F("revision") + 1)


def _wake() -> None:
    """The pumps look after submissions and pictures; nobody else would do the rest."""
    for shard in range(settings.STUDIO_SHARDS):
        wake_shard(shard)
    for reference in Reference.objects.filter(state="fetching"):
        enqueue("studio.engine.tasks.fetch_reference", reference.pk, lane="media")
    for key in ProviderKey.objects.filter(test_status=TestStatus.WAITING, deleted_at=None):
        enqueue("studio.engine.tasks.test_key", key.pk)
    for submission in Submission.objects.filter(status=Status.UNKNOWN, sought_code=WAITING):
        enqueue(LOOK_UP, submission.pk)
