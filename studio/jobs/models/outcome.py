"""An order whose outcome nobody knows: how it is looked up, and what a person decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.models.job import Kind
from studio.jobs.models.moving import Moving
from studio.jobs.states import Status
from studio.providers.contract import Ticket

WAITING = "waiting"
SEEKING_TAKES_AT_MOST = timedelta(seconds=60)


class Decision(models.TextChoices):
    """What a person said of an unknown outcome. The first two are error codes as well."""

    CHARGED = "charged"
    NOT_CHARGED = "not_charged"
    REPEATED = "repeated"


class Outcome(Moving):
    """Part of a submission. A decision stays on the row, whatever becomes of it later.

    sought_code: what looking it up came to; WAITING until that is known.
    """

    decision = models.CharField(max_length=12, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    sought_at = models.DateTimeField(null=True)
    sought_ticket = models.JSONField(null=True)
    sought_code = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def is_unknown(self) -> bool:
        """It waits for an answer, or for a person."""
        return self.status == Status.UNKNOWN and not self.is_superseded

    def decide(self, decision: Decision, *, by: User) -> bool:
        """unknown → failed, for a person says what was charged. The first one counts."""
        won = self._decided(Status.FAILED, decision, by, error_code=str(decision))
        if won:
            self.job.note(Kind(str(decision)), self, by=by.name)
        return won

    def repeat(self, *, by: User) -> bool:
        """unknown → queued: the same order goes out under the same id, and is charged once."""
        won = self._decided(Status.QUEUED, Decision.REPEATED, by, tries=0, not_before=None)
        if won:
            self.job.note(Kind.REPEATED, self, by=by.name)
        return won

    def _decided(self, to: Status, decision: Decision, by: User, **changes: Any) -> bool:
        now = timezone.now()
        return self._move(
            to,
            Q(status=Status.UNKNOWN),
            decision=decision,
            decided_by=by,
            decided_at=now,
            finished_at=now if to == Status.FAILED else None,
            **changes,
        )

    def revive(self, ticket: Ticket, poll_at: datetime) -> bool:
        """decided → running: the provider made it after all. Its pictures are not lost."""
        is_decided = Q(decision__in=[Decision.CHARGED, Decision.NOT_CHARGED])
        won = self._move(
            Status.RUNNING,
            is_decided & Q(status=Status.FAILED, ticket__isnull=True),
            is_superseded=False,
            ticket=dict(ticket),
            accepted_at=timezone.now(),
            poll_at=poll_at,
            finished_at=None,
            error_code="",
            sought_code="",
        )
        if won:
            self.job.note(Kind.ANSWERED_LATE, self)
        return won

    # Looking it up ----------------------------------------------------------------------------

    @property
    def is_sought(self) -> bool:
        """It is being looked up, and an answer may still come."""
        begun = self.sought_at or timezone.now()
        is_in_time = timezone.now() - begun < SEEKING_TAKES_AT_MOST
        return self.is_unknown and self.sought_code == WAITING and is_in_time

    def seek(self, ticket: Ticket, *, by: User, named: str = "") -> bool:
        """Have the provider asked for it. Says whether that is new: not while it is being done."""
        now = timezone.now()
        is_asked = Q(sought_code=WAITING, sought_at__gt=now - SEEKING_TAKES_AT_MOST)
        rows = self._rows(status=Status.UNKNOWN)
        facts = {"sought_at": now, "sought_ticket": dict(ticket), "sought_code": WAITING}
        if not rows.exclude(is_asked).update(**facts):
            return False
        self.job.note(Kind.SOUGHT, self, by=by.name, **({"task": named} if named else {}))
        self.job.touch()
        return True

    def note_not_found(self, code: str) -> bool:
        """Looking it up did not help."""
        rows = self._rows(status=Status.UNKNOWN, sought_at=self.sought_at, sought_code=WAITING)
        if not rows.update(sought_code=code):
            return False
        self.job.note(Kind.NOT_FOUND, self, reason=code)
        self.job.touch()
        return True
