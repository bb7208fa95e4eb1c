"""Provider keys: whose, for what, and how they are doing. The secret is ciphertext."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class TestStatus(models.TextChoices):
    """What the last test of a key said."""

    NONE = "", _("Not tested")
    WAITING = "waiting", _("Testing")
    OK = "ok", _("Tested OK")
    FAILED = "failed", _("Test failed")


class ProviderKey(models.Model):
    """A secret that we send. Sealed, bound to its row; shown as its last four characters."""

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="keys")
    label = models.CharField(_("label"), max_length=60, blank=True, default="")
    provider = models.CharField(_("provider"), max_length=32)
    base_url = models.CharField(_("base URL"), max_length=300, blank=True, default="")
    sealed = models.BinaryField(editable=False, default=b"")
    last_four = models.CharField(max_length=4, blank=True, default="", editable=False)
    is_sandbox = models.BooleanField(default=False, editable=False)
    is_shared = models.BooleanField(_("the team may use it"), default=False)
    is_default = models.BooleanField(default=False)
    is_paused = models.BooleanField(default=False)
    pause_code = models.CharField(max_length=32, blank=True, default="", editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    test_status = models.CharField(max_length=8, choices=TestStatus, blank=True, default="")
    test_code = models.CharField(max_length=32, blank=True, default="", editable=False)
    test_detail = models.CharField(max_length=500, blank=True, default="", editable=False)
    test_milliseconds = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.provider} …{self.last_four}"
