"""A job: one order and its life, and the timeline of what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.jobs.states import ACTIVE, PRECEDENCE, Status
from studio.vault.models import ProviderKey

if TYPE_CHECKING:
    from studio.jobs.models.moving import Moving


class Kind(models.TextChoices):
    """What may happen to a job. What each says stands in `jobs/timeline.py`."""

    PLACED = "placed"
    SENT = "sent"
    ACCEPTED = "accepted"
    PROVIDER_DONE = "provider_done"
    ARCHIVED = "archived"
    PICTURES_LOST = "pictures_lost"
    PUT_BACK = "put_back"
    LOST_TRACK = "lost_track"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    STOPPED_WAITING = "stopped_waiting"
    RETRIED = "retried"
    SET_ASIDE = "set_aside"
    ASKED_AGAIN = "asked_again"
    SOUGHT = "sought"
    NOT_FOUND = "not_found"
    CHARGED = "charged"
    NOT_CHARGED = "not_charged"
    REPEATED = "repeated"
    ANSWERED_LATE = "answered_late"


class Job(models.Model):
    """One order. `id` is the number that people see; `uid` stands in addresses.

    `revision` grows with every change that a card shows, so a page knows what it has seen.
    Jobs with the same `comparison` are one order, placed on several keys at once.
    """

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    key = models.ForeignKey(ProviderKey, models.PROTECT, related_name="jobs")
    form_token = models.UUIDField(default=uuid4, editable=False)
    comparison = models.UUIDField(null=True, editable=False)
    is_winner = models.BooleanField(default=False)

    prompt = models.TextField(_("prompt"))
    provider = models.CharField(_("provider"), max_length=32)
    model = models.CharField(_("model"), max_length=64)
    ratio = models.CharField(_("ratio"), max_length=8, blank=True, default="")
    resolution = models.CharField(_("resolution"), max_length=8, blank=True, default="")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    quality = models.CharField(_("quality"), max_length=16, blank=True, default="")
    background = models.CharField(_("background"), max_length=16, blank=True, default="")
    output_format = models.CharField(_("format"), max_length=8, blank=True, default="")
    count = models.PositiveSmallIntegerField(_("pictures"), default=1)
    is_official_fallback = models.BooleanField(_("official fallback"), default=False)

    mask = models.ForeignKey("jobs.Reference", models.PROTECT, null=True, related_name="masked")
    made_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="led_to")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    is_hidden = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "form_token"], name="one_job_per_form"),
            models.UniqueConstraint(
                fields=["comparison"], name="one_winner", condition=models.Q(is_winner=True)
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="job_of_owner"),
            models.Index(
                fields=["id"], name="job_unfinished", condition=models.Q(status__in=ACTIVE)
            ),
            models.Index(
                fields=["comparison", "id"],
                name="job_compared",
                condition=models.Q(comparison__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_finished(self) -> bool:
        return self.status not in ACTIVE

    @property
    def seconds(self) -> timedelta:
        """From the order to its end, or until now."""
        return (self.finished_at or timezone.now()) - self.created_at

    @property
    def contenders(self) -> models.QuerySet[Job]:
        """All jobs of its comparison, itself among them; none where it is compared with none."""
        is_compared = models.Q(comparison=self.comparison, comparison__isnull=False)
        return Job.objects.filter(is_compared).order_by("pk")

    def win(self) -> None:
        """Be the picked one of its comparison, which a transaction has locked, and the only one."""
        revision = F("revision") + 1  # the cards of all of them look different from now on
        self.contenders.exclude(pk=self.pk).update(is_winner=False, revision=revision)
        self.contenders.filter(pk=self.pk).update(is_winner=True, revision=revision)

    def missing(self) -> int:
        """How many pictures of an ended order did not come; asks nothing that was prefetched."""
        kept = sum(image.is_kept for image in self.images.all())
        can_be_had = kept or any(one.is_fruitless for one in self.submissions.all())
        return max(0, self.count - kept) if self.is_finished and can_be_had else 0

    def wanting(self) -> int:
        """How many of the missing may be ordered again: none that may still be there."""
        unknown = sum(one.count for one in self.submissions.all() if one.is_unknown)
        return max(0, self.missing() - unknown)

    def hold(self) -> None:
        """Let nobody else change what it follows until this transaction ends.

        PostgreSQL only: else two that end at once would each see the other still running.
        """
        if connection.features.has_select_for_update:
            Job.objects.select_for_update(no_key=True).values_list("pk").get(pk=self.pk)

    def follow(self) -> None:
        """Take the status from the current submissions; a card somewhere will want to change."""
        follow([self])

    def touch(self) -> None:
        """Something that the card shows has changed, but not the status."""
        Job.objects.filter(pk=self.pk).update(revision=F("revision") + 1)

    def note(self, kind: Kind | str, submission: Moving | None = None, **facts: Any) -> None:
        """Add a line to the timeline. `facts` are plain JSON and never secret.

        Raises ValueError for a kind that has no words.
        """
        pk = submission.pk if submission else None
        Event.objects.create(job=self, submission_id=pk, kind=Kind(kind), facts=facts)


def follow(jobs: Collection[Job]) -> None:
    """`Job.follow` for many at once."""
    alike: dict[Status, list[Job]] = defaultdict(list)
    current: dict[int, set[str]] = defaultdict(set)
    rows = Job.objects.filter(pk__in={job.pk for job in jobs}, submissions__is_superseded=False)
    for pk, status in rows.values_list("pk", "submissions__status"):
        current[pk].add(status)
    for job in jobs:
        found = current[job.pk]
        alike[next((one for one in PRECEDENCE if one in found), Status.QUEUED)].append(job)
    for status, some in alike.items():
        finished_at = None if status in ACTIVE else timezone.now()
        Job.objects.filter(pk__in={job.pk for job in some}).update(
            status=status, finished_at=finished_at, revision=F("revision") + 1
        )
        for job in some:
            job.status, job.finished_at = status, finished_at


class Event(models.Model):
    """One line of a job's timeline."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    submission = models.ForeignKey("jobs.Submission", models.CASCADE, null=True)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=24)
    facts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.kind
