"""References: pictures to work from, kept once by their content."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from studio.jobs.models.job import Job
from studio.jobs.sentences import picture_sentence

FETCHED_WITHIN = timedelta(minutes=2)
NOT_FETCHED = "fetch_failed"


class ReferenceState(models.TextChoices):
    """fetching ─► ready │ failed: only a reference by URL is fetched."""

    FETCHING = "fetching"
    READY = "ready"
    FAILED = "failed"


class Reference(models.Model):
    """A member's uploaded, pasted or fetched picture: verified, cleaned, content-addressed.

    `path` lies in the archive and may be shared by equal pictures; `size` is in bytes. With
    `lies_on` it is a mask: a PNG as large as that picture, clear where it is to be redrawn.
    """

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="references")
    state = models.CharField(max_length=8, choices=ReferenceState, default=ReferenceState.READY)
    lies_on = models.ForeignKey("self", models.CASCADE, null=True, related_name="masks")
    source_url = models.TextField(blank=True, default="")
    error_code = models.CharField(max_length=32, blank=True, default="")
    path = models.CharField(max_length=120, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    media_type = models.CharField(max_length=32, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="reference_sha256")]

    def __str__(self) -> str:
        return str(self.uid)

    @property
    def problem(self) -> str:
        """Why it failed, for the person."""
        return picture_sentence(self.error_code)

    def give_up_when_overdue(self) -> None:
        """fetching → failed, if no worker has had anything to say for so long."""
        is_overdue = timezone.now() - self.created_at > FETCHED_WITHIN
        if self.state == ReferenceState.FETCHING and is_overdue and self.fail(NOT_FETCHED):
            self.state, self.error_code = ReferenceState.FAILED, NOT_FETCHED

    def get_ready(self, **facts: str | int) -> bool:
        """fetching → ready: its file lies in the archive."""
        rows = Reference.objects.filter(pk=self.pk, state=ReferenceState.FETCHING)
        return bool(rows.update(state=ReferenceState.READY, **facts))

    def fail(self, error_code: str) -> bool:
        """fetching → failed: it could not be had, or is no picture."""
        rows = Reference.objects.filter(pk=self.pk, state=ReferenceState.FETCHING)
        return bool(rows.update(state=ReferenceState.FAILED, error_code=error_code))


class JobReference(models.Model):
    """A reference in its place of a job's order."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="job_references")
    reference = models.ForeignKey(Reference, models.PROTECT, related_name="uses")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="one_reference_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.job_id}.{self.position}"
