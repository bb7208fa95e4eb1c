"""An image: what the provider made, and the copy that we keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from studio.jobs.models.job import Job
from studio.jobs.models.submission import Submission

THUMBNAIL_WIDTHS = (384, 768, 1600)


class State(models.TextChoices):
    """pending ─► kept │ lost (and lost ─► kept, should a later try reach it)."""

    PENDING = "pending"
    KEPT = "kept"
    LOST = "lost"


class Image(models.Model):
    """One picture. `url` is the provider's public address, `path` the archived original.

    `spool` is where bytes that came with the answer itself wait to be archived.

    Thumbnails lie beside the original as WebP, in THUMBNAIL_WIDTHS (pixels). A picture is kept as
    soon as the smallest does; `is_saved` says that nothing is left to do: all of them are there, or
    it is lost.
    """

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="images")
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="images")
    number = models.PositiveSmallIntegerField()
    url = models.TextField(blank=True, default="")
    expires_at = models.DateTimeField(null=True)
    spool = models.CharField(max_length=120, blank=True, default="")
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    fetch_at = models.DateTimeField(default=timezone.now)
    stumbles = models.PositiveSmallIntegerField(default=0)
    is_saved = models.BooleanField(default=False)

    path = models.CharField(max_length=120, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    media_type = models.CharField(max_length=32, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    placeholder = models.CharField(max_length=7, blank=True, default="")
    kept_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        ordering = ["submission__ordinal", "number"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="one_image_per_number")
        ]
        indexes = [
            # A truth, not a word: SQLite uses the index only where a query says the very same.
            models.Index(
                fields=["fetch_at"], name="image_unsaved", condition=models.Q(is_saved=False)
            ),
            models.Index(fields=["sha256"], name="image_sha256"),
        ]

    def __str__(self) -> str:
        return str(self.uid)

    @property
    def place(self) -> int:
        """Its number among all pictures of its job, from 1; asks."""
        earlier = Q(submission__ordinal__lt=self.submission.ordinal)
        in_front = earlier | Q(submission=self.submission_id, number__lt=self.number)
        return 1 + Image.objects.filter(in_front, job=self.job_id).count()

    @property
    def is_kept(self) -> bool:
        return self.state == State.KEPT

    @property
    def is_lost(self) -> bool:
        return self.state == State.LOST

    @property
    def is_url_alive(self) -> bool:
        """Whether the provider's address may still answer."""
        return bool(self.url) and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def extension(self) -> str:
        return {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}[self.media_type]

    def keep(self, **facts: str | int) -> bool:
        """→ kept: the file and the smallest thumbnail are in the archive."""
        rows = Image.objects.exclude(state=State.KEPT)
        facts |= {"state": State.KEPT, "error_code": ""}
        won = self._end(rows, kept_at=timezone.now(), **facts)
        if won:
            self.job.touch()
        return won

    def close(self) -> None:
        """All thumbnails are in the archive too."""
        Image.objects.filter(pk=self.pk, state=State.KEPT).update(is_saved=True)

    def _end(self, rows: models.QuerySet[Image], **changes: Any) -> bool:
        """Change it if it is among the rows, and its submission with it, or neither.

        Nobody looks again at a picture that has ended; so its submission must not be left behind.
        """
        with transaction.atomic():
            # Two that end at the same time would each take the other for the last one.
            Submission.objects.select_for_update().get(pk=self.submission_id)
            won = bool(rows.filter(pk=self.pk).update(**changes))
            if won:
                self.submission.settle()
        return won

    def leave_spool(self) -> None:
        """The bytes that came inline are no picture: fetch it from its address instead."""
        Image.objects.filter(pk=self.pk, state=State.PENDING).update(
            spool="", fetch_at=timezone.now()
        )

    def retry_at(self, when: datetime) -> None:
        """Try to fetch it again later."""
        Image.objects.filter(pk=self.pk, state=State.PENDING).update(
            tries=self.tries + 1, fetch_at=when
        )

    def wait_until(self, when: datetime) -> None:
        """The archive takes nothing just now: that is no fault of the picture, and no try."""
        Image.objects.filter(pk=self.pk, is_saved=False).update(fetch_at=when)

    def note_stumble(self) -> int:
        """The studio itself failed over it. How often that is so far."""
        Image.objects.filter(pk=self.pk).update(stumbles=F("stumbles") + 1)
        self.refresh_from_db(fields=["stumbles"])
        return self.stumbles

    def lose(self, error_code: str) -> bool:
        """pending → lost: no copy could be made; the address stays on the row."""
        rows = Image.objects.filter(state=State.PENDING)
        return self._end(rows, state=State.LOST, error_code=error_code, is_saved=True)
