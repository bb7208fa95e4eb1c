"""The states of a submission, and of the job that its submissions make up."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """One paid call and its life.

    queued ─► submitting ─► running ─► saving ─► succeeded
       │         │  ▲          │          └► failed (pictures lost: shows the remote URL)
       │         │  └──── the same idempotency key, where the provider has one
       │         ├► unknown ─► running (late answer, looked up) │ failed (a person decides)
       ├► cancelled ◄──────────┤
       └► failed │ blocked ◄───┘
    """

    QUEUED = "queued", _("Queued")
    SUBMITTING = "submitting", _("Sending")
    RUNNING = "running", _("Developing")
    SAVING = "saving", _("Fetching")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")
    BLOCKED = "blocked", _("Blocked")
    UNKNOWN = "unknown", _("Outcome unknown")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE = (Status.QUEUED, Status.SUBMITTING, Status.RUNNING, Status.SAVING)
RETRIABLE = (Status.FAILED, Status.BLOCKED, Status.CANCELLED)
FRUITLESS = (*RETRIABLE, Status.UNKNOWN)

# A job shows the first of these that one of its current submissions is in. Pictures go before
# what became of the others: the card shows them, and says what is missing.
PRECEDENCE = (
    Status.RUNNING,
    Status.SAVING,
    Status.SUBMITTING,
    Status.QUEUED,
    Status.SUCCEEDED,
    Status.UNKNOWN,
    Status.BLOCKED,
    Status.FAILED,
    Status.CANCELLED,
)
