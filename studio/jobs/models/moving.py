"""A row that lives through states, each change of which is one conditional update."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.db.models import Q

from studio.jobs.models.job import Job
from studio.jobs.states import Status


class Moving(models.Model):
    """What a submission is made of: whose it is, and its state."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="submissions")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    is_superseded = models.BooleanField(default=False)
    error_code = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.id)

    def _rows(self, **when: Any) -> models.QuerySet[Any]:
        """This very row, if it is as `when` says."""
        return type(self)._default_manager.filter(pk=self.pk, **when)

    def _move(self, to: Status, when: Q, **changes: Any) -> bool:
        """Change the row if it is still as `when` says, and let the job follow."""
        with transaction.atomic():
            self.job.hold()
            if not self._rows().filter(when).update(status=to, **changes):
                return False
            for name, value in {"status": to, **changes}.items():
                setattr(self, name, value)
            self.job.follow()
        return True
