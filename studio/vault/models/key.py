"""Provider keys: whose, for what, and how they are doing. The secret is ciphertext."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.providers.catalog import PROVIDERS
from studio.vault.capability import capability, limits
from studio.vault.cipher import seal
from studio.vault.errors import NoSecret, VaultError
from studio.vault.models.sealed import Sealed, check_secret, sealing
from studio.vault.queries import ProviderKeyQuerySet
from studio.vault.redaction import redact
from studio.vault.troubles import trouble_of

BY_OWNER = "by_owner"
NO_SECRET = "no_secret"  # noqa: S105 - a code
PROVIDER_PAUSES = ("bad_key", "no_money", "no_permission")
TEST_TAKES_AT_MOST = timedelta(seconds=60)
SHOWS_LAST_FOUR_FROM = 12  # of a shorter secret, four characters give too much away


class TestStatus(models.TextChoices):
    """What the last test of a key said."""

    NONE = "", _("Not tested")
    WAITING = "waiting", _("Testing")
    OK = "ok", _("Tested OK")
    FAILED = "failed", _("Test failed")


class ProviderKey(Sealed):
    """A secret that we send. Sealed, bound to its row; shown as its last four characters.

    `secret_at` names the secret: what was learnt with one says nothing about its successor.
    """

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="keys")
    label = models.CharField(_("label"), max_length=60, blank=True, default="")
    provider = models.CharField(_("provider"), max_length=32)
    base_url = models.CharField(_("base URL"), max_length=300, blank=True, default="")
    secret_at = models.DateTimeField(null=True, editable=False)
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
    test_balance = models.CharField(max_length=60, blank=True, default="", editable=False)
    test_limits = models.CharField(max_length=60, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ProviderKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], name="one_default_key", condition=Q(is_default=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} …{self.last_four}"

    @property
    def has_secret(self) -> bool:
        return bool(self.sealed)

    @property
    def provider_label(self) -> str:
        found = PROVIDERS.get(self.provider)
        return found.label if found else self.provider

    @property
    def name(self) -> str:
        """What people call it: its label, else its provider."""
        return self.label or self.provider_label

    @property
    def css(self) -> str:
        """`pv-…` draws its colour."""
        return "demo" if self.is_sandbox else self.provider

    @property
    def caps(self) -> str:
        """What it can do, in one line."""
        return capability(self.provider)

    @property
    def limits(self) -> str:
        """How much its provider lets it do, in one line; empty where nothing is told."""
        return limits(self.provider)

    @property
    def reason(self) -> str:
        """Why it is paused, in a few words."""
        return str(trouble_of(self.pause_code).short) if self.is_paused else ""

    @property
    def url(self) -> str:
        """The base URL that calls go to: the sandbox's, its own, or its provider's."""
        if self.is_sandbox:
            return f"{settings.STUDIO_SANDBOX_URL}/{self.provider}"
        found = PROVIDERS.get(self.provider)
        return self.base_url or (found.base_url if found else "")

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def is_testing(self) -> bool:
        """A test was asked for, and may still answer."""
        return self.test_status == TestStatus.WAITING and not self.is_test_overdue

    @property
    def is_test_overdue(self) -> bool:
        """A test was asked for, and nobody has answered."""
        is_waiting = self.test_status == TestStatus.WAITING
        since = self.tested_at or self.created_at
        return is_waiting and timezone.now() - since > TEST_TAKES_AT_MOST

    # The secret -------------------------------------------------------------------------------

    @property
    def bond(self) -> bytes:
        """What ties a sealed secret to this row."""
        return f"providerkey:{self.uid}".encode()

    def set_secret(self, secret: str) -> None:
        """Keep another secret, untested. A pause that concerned the last one ends.

        A new key is saved with it. Raises BadSecret, MasterKeyError.
        """
        secret = check_secret(secret)
        with sealing():  # so that no master key is dropped between sealing and saving
            ProviderKey.objects.ensure_master_keys()
            changes: dict[str, Any] = {
                "sealed": seal(secret, self.bond),
                "secret_at": timezone.now(),
                "last_four": secret[-4:] if len(secret) >= SHOWS_LAST_FOUR_FROM else "",
                **self._untested(),
            }
            if self.pause_code in (*PROVIDER_PAUSES, NO_SECRET):
                changes |= {"is_paused": False, "pause_code": ""}
            self._change(**changes)

    def redact(self, text: str) -> str:
        """A text from outside, without the secret; nothing of it where that cannot be known."""
        try:
            return redact(text, self.reveal())
        except NoSecret:
            return text
        except VaultError:
            return ""

    def move_to(self, base_url: str) -> None:
        """Another base URL. The secrets are forgotten: they were meant for the host before."""
        with transaction.atomic():
            self._change(base_url=base_url, **self._without_secret(), **self._untested())
            self.forget_webhook_secret()

    @property
    def has_webhook_secret(self) -> bool:
        """Whether it is known what the provider signs its webhooks with."""
        return hasattr(self, "webhook")

    def forget_webhook_secret(self) -> None:
        """Believe no webhook any more."""
        if self.has_webhook_secret:
            self.webhook.delete()
            del self._state.fields_cache["webhook"]

    # What people do ---------------------------------------------------------------------------

    def rename(self, label: str) -> None:
        self._change(label=label)

    def share(self, *, is_shared: bool) -> None:
        self._change(is_shared=is_shared)

    def make_default(self) -> None:
        """The key that its owner's orders begin with. One at most."""
        with transaction.atomic():
            ProviderKey.objects.filter(owner=self.owner_id, is_default=True).update(
                is_default=False
            )
            self._change(is_default=True)

    def pause(self, code: str = BY_OWNER) -> bool:
        """Send nothing more with it. A provider's reason counts only for the secret it saw."""
        rows = self._rows() if code == BY_OWNER else self._same_secret()
        won = rows.filter(is_paused=False).update(is_paused=True, pause_code=code)
        self.refresh_from_db(fields=["is_paused", "pause_code"])
        return bool(won)

    def resume(self) -> bool:
        """End any pause, unless there is nothing to send."""
        rows = self._rows().sealed().filter(is_paused=True)
        won = rows.update(is_paused=False, pause_code="")
        self.refresh_from_db(fields=["is_paused", "pause_code"])
        return bool(won)

    def delete_softly(self) -> None:
        """Gone for everybody. What history shows stays: provider, label, last four characters."""
        off = {"is_shared": False, "is_default": False, **self._without_secret()}
        with transaction.atomic():
            self._change(deleted_at=timezone.now(), **off)
            self.forget_webhook_secret()

    # What the engine reports ------------------------------------------------------------------

    def start_test(self) -> None:
        """Somebody will say soon how the key is doing: note_test()."""
        asked = {"test_status": TestStatus.WAITING, "tested_at": timezone.now()}
        self._change(**{**self._untested(), **asked})

    def note_test(
        self,
        *,
        ok: bool,
        code: str = "",
        detail: str = "",
        milliseconds: int | None = None,
        balance: str = "",
        limits: str = "",
    ) -> bool:
        """How the test went, if the secret is still the one that was tested.

        code: a provider error's, or never_connected …; detail: the provider's own words.
        """
        rows = self._same_secret()
        with transaction.atomic():
            won = rows.update(
                test_status=TestStatus.OK if ok else TestStatus.FAILED,
                test_code=code[:32],
                test_detail=self.redact(detail)[:500],
                test_milliseconds=milliseconds,
                test_balance=self.redact(balance)[:60],
                test_limits=self.redact(limits)[:60],
                tested_at=timezone.now(),
            )
            if ok:
                rows.filter(pause_code__in=PROVIDER_PAUSES).update(is_paused=False, pause_code="")
            elif code in PROVIDER_PAUSES:
                rows.filter(is_paused=False).update(is_paused=True, pause_code=code)
        self.refresh_from_db()
        return bool(won)

    def note_use(self) -> None:
        """A call was just made with it. Kept to the minute: calls may come by the hundred."""
        now = timezone.now()
        if self.used_at is None or now - self.used_at > timedelta(minutes=1):
            self._change(used_at=now)

    def _rows(self) -> ProviderKeyQuerySet:
        return ProviderKey.objects.filter(pk=self.pk, deleted_at=None)

    def _same_secret(self) -> ProviderKeyQuerySet:
        return self._rows().filter(secret_at=self.secret_at)

    def _change(self, **changes: Any) -> bool:
        """Write these fields and no others, unless the key is deleted; a new key is saved."""
        is_new = self._state.adding
        won = is_new or bool(self._rows().update(**changes))
        if won:
            for name, value in changes.items():
                setattr(self, name, value)
        if is_new:
            self.save()
        return won

    def _untested(self) -> dict[str, Any]:
        words = ("test_status", "test_code", "test_detail", "test_balance", "test_limits")
        return {**dict.fromkeys(words, ""), "test_milliseconds": None, "tested_at": None}

    def _without_secret(self) -> dict[str, Any]:
        # The owner's own pause must outlive the next secret.
        code = BY_OWNER if self.pause_code == BY_OWNER else NO_SECRET
        return {"sealed": b"", "secret_at": None, "is_paused": True, "pause_code": code}
