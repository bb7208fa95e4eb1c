"""A submission: one paid call. Only its own methods change its status.

Every transition is a conditional update that says whether it won; who loses does nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from studio.jobs.models.job import Kind
from studio.jobs.models.waiting import Waiting
from studio.jobs.queries import SubmissionQuerySet
from studio.jobs.states import FRUITLESS, Status
from studio.providers.contract import Done, Ticket
from studio.vault.models import ProviderKey

DONE, POKED = Q(done_at__isnull=False), Q(poked_at__isnull=False)
UNDECIDED = Q(status__in=[Status.SUBMITTING, Status.RUNNING, Status.UNKNOWN])


class Submission(Waiting):
    """One paid call to a provider: what can cost money once. `id` is its idempotency key."""

    key = models.ForeignKey(ProviderKey, models.PROTECT, related_name="submissions")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False)
    ordinal = models.PositiveSmallIntegerField(default=1)
    count = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    claim = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    body_hash = models.CharField(max_length=64, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    crowded_times = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    cost_currency = models.CharField(max_length=3, blank=True, default="")
    cost_credits = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    error_detail = models.CharField(max_length=500, blank=True, default="")

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        indexes = [
            # Whole: SQLite uses a partial one only where the query repeats its condition.
            models.Index(
                fields=["status", "key", "owner", "job", "ordinal", "not_before"],
                name="submission_status",
            ),
            models.Index(fields=["done_at"], name="submission_done", condition=DONE),
            models.Index(fields=["poked_at"], name="submission_poked", condition=POKED),
        ]

    @property
    def is_fruitless(self) -> bool:
        """It ended without pictures, or nobody knows how, and no other has taken its place."""
        return self.status in FRUITLESS and not self.is_superseded

    @property
    def may_have_arrived(self) -> bool:
        """It is with the provider, or it waits to be sent again and may be there already."""
        return self.status != Status.QUEUED or bool(self.body_hash)

    # Sending ----------------------------------------------------------------------------------

    def take(self, claim: UUID) -> bool:
        """queued → submitting: it is ours to send. Nothing has left the machine yet."""
        return self._move(
            Status.SUBMITTING,
            Q(status=Status.QUEUED),
            claim=claim,
            sent_at=None,
            tries=self.tries + 1,
        )

    def mark_sent(self, claim: UUID, body_hash: str) -> bool:
        """Say, before its first byte leaves, that a call which may cost money goes out."""
        sent_at = timezone.now()
        rows = Submission.objects.filter(pk=self.pk, status=Status.SUBMITTING, claim=claim)
        if not rows.update(sent_at=sent_at, body_hash=body_hash):
            return False
        self.sent_at, self.body_hash = sent_at, body_hash
        self.job.note(Kind.SENT, self, key=self.key.last_four)
        self.key.note_use()
        return True

    def put_back(
        self,
        claim: UUID | None,
        *,
        not_before: datetime | None = None,
        reason: str = "",
        is_limit: bool = False,
        is_crowded: bool = False,
        is_clean: bool = False,
    ) -> bool:
        """submitting → queued, because nothing was charged, or will not be a second time.

        A wait for a limit does not count as a try. is_clean: nothing of it can have arrived.
        """
        won = self._move(
            Status.QUEUED,
            Q(status=Status.SUBMITTING, claim=claim),
            claim=None,
            sent_at=None,
            not_before=not_before,
            tries=self.tries - 1 if is_limit else self.tries,
            crowded_times=self.crowded_times + is_crowded,
            body_hash="" if is_clean else self.body_hash,
        )
        if won and reason:
            self.job.note(Kind.PUT_BACK, self, reason=reason, tries=self.tries)
        return won

    def accept(self, ticket: Ticket, poll_at: datetime) -> bool:
        """submitting, or unknown and answered late → running."""
        won = self._move(
            Status.RUNNING,
            Q(status__in=[Status.SUBMITTING, Status.UNKNOWN]),
            claim=None,
            ticket=dict(ticket),
            accepted_at=timezone.now(),
            poll_at=poll_at,
            error_code="",
            sought_code="",
        )
        if won:
            self.job.note(Kind.ACCEPTED, self)
        return won

    def lose_track(self, error_code: str, detail: str = "") -> bool:
        """submitting → unknown: it was sent, and no answer says what became of it."""
        won = self._move(
            Status.UNKNOWN,
            Q(status=Status.SUBMITTING),
            claim=None,
            error_code=error_code,
            error_detail=detail,
        )
        if won:
            self.job.note(Kind.LOST_TRACK, self, reason=error_code)
        return won

    # Ending -----------------------------------------------------------------------------------

    def finish(self, done: Done, spooled: Mapping[int, str] | None = None) -> bool:
        """→ saving: what the provider said is on the row before anything is fetched.

        spooled: number of the picture → where its bytes lie, for those that came inline. Told once
        more, it brings fresh addresses for those that are not kept.
        """
        cost, is_first = done.cost, self.done_at is None
        changes: dict[str, Any] = {"claim": None, "progress": None}
        if is_first:
            changes["done_at"] = timezone.now()
        if cost:
            changes["cost"] = cost.amount
            changes["cost_currency"] = cost.currency if cost.amount is not None else ""
            changes["cost_credits"] = cost.credits
        with transaction.atomic():
            if not self._move(Status.SAVING, UNDECIDED, **changes):
                return False
            for number, picture in enumerate(done.pictures, start=1):
                facts = {"url": picture.url, "expires_at": picture.expires_at}
                facts |= {"spool": (spooled or {}).get(number, ""), "fetch_at": timezone.now()}
                if is_first or not self.images.filter(number=number).exists():
                    self.images.create(job=self.job, number=number, **facts)
                else:
                    self.images.filter(number=number, state="pending").update(**facts)
            seconds = self._seconds() if is_first else {}
            self.job.note(Kind.PROVIDER_DONE, self, pictures=len(done.pictures), **seconds)
            if not is_first:
                self.settle()
        return True

    def ask_again(self) -> bool:
        """saving → running: its addresses are dead, and the provider may tell fresh ones."""
        askable = Q(ticket__isnull=False, key__deleted_at=None)
        won = self._move(Status.RUNNING, Q(status=Status.SAVING) & askable, poll_at=timezone.now())
        if won:
            self.job.note(Kind.ASKED_AGAIN, self)
        return won

    def _lose_pictures(self) -> bool:
        """They were made, and cannot be had any more: it ends with those that were kept."""
        with transaction.atomic():
            if not self._move(Status.SAVING, Q(status=Status.RUNNING)):
                return False
            lost = {"state": "lost", "error_code": "fetch_failed", "is_saved": True}
            self.images.filter(state="pending").update(**lost)
            return self.settle()

    def _seconds(self) -> dict[str, float]:
        """How long the provider took, where it said when it began."""
        if not (self.accepted_at and self.done_at):
            return {}
        return {"seconds": round((self.done_at - self.accepted_at).total_seconds(), 2)}

    def settle(self) -> bool:
        """saving → succeeded, or failed if none of its pictures could be kept."""
        found = list(self.images.values_list("state", "size"))
        states = [state for state, _ in found]
        if "pending" in states:
            return False
        is_kept = "kept" in states
        won = self._move(
            Status.SUCCEEDED if is_kept else Status.FAILED,
            Q(status=Status.SAVING),
            finished_at=timezone.now(),
            error_code="" if is_kept else "pictures_lost",
        )
        if won:
            self.job.note(
                Kind.ARCHIVED if is_kept else Kind.PICTURES_LOST,
                self,
                pictures=states.count("kept"),
                bytes=sum(size for state, size in found if state == "kept"),
            )
        return won

    def fail(self, error_code: str, detail: str = "", *, status: Status = Status.FAILED) -> bool:
        """→ failed, or blocked where the content policy says so. What was done once stays done."""
        if self.done_at is not None:
            return self._lose_pictures()
        when = UNDECIDED | Q(status=Status.QUEUED)
        if self.status == Status.SUBMITTING:  # another pump may have sent it again meanwhile
            is_open = Q(status__in=[Status.QUEUED, Status.UNKNOWN])
            when = is_open | Q(status=Status.SUBMITTING, claim=self.claim)
        won = self._move(
            status,
            when,
            claim=None,
            finished_at=timezone.now(),
            error_code=error_code,
            error_detail=detail,
        )
        if won:
            self.job.note(Kind(str(status)), self, reason=error_code)
        return won

    def cancel(self, *, by: str) -> bool:
        """queued → cancelled for nothing; running → no longer waited for."""
        was_sent = self.may_have_arrived
        won = self._move(
            Status.CANCELLED,
            Q(status=Status.QUEUED if self.status == Status.QUEUED else Status.RUNNING),
            claim=None,
            finished_at=timezone.now(),
            error_code="stopped_waiting" if was_sent else "",
        )
        if won:
            self.job.note(Kind.STOPPED_WAITING if was_sent else Kind.CANCELLED, self, by=by)
        return won

    def set_aside(self) -> bool:
        """Out of a backup: it may have been sent elsewhere since, so nobody sends it from here.

        queued, or claimed and not sent → cancelled; claimed and sent → unknown.
        """
        if self.status == Status.SUBMITTING and self.sent_at:
            return self.lose_track("restored")
        won = self._move(
            Status.CANCELLED,
            Q(status=Status.QUEUED) | Q(status=Status.SUBMITTING, sent_at=None),
            claim=None,
            finished_at=timezone.now(),
            error_code="restored",
        )
        if won:
            self.job.note(Kind.SET_ASIDE, self)
        return won
