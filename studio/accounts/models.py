"""Members, their invitations, and the studio that they share."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SEEN_EVERY = timedelta(minutes=1)
HERE_FOR = timedelta(minutes=5)
RESET_MAIL_EVERY = timedelta(minutes=2)


class Studio(models.Model):
    """The one studio of this installation. Its row is made by the first-run page, once."""

    name = models.CharField(_("studio name"), max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do."""

    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")


class Theme(models.TextChoices):
    """Empty follows the system."""

    AUTO = "", _("Auto")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Language(models.TextChoices):
    """Empty follows the browser. A language is called by its own name."""

    BROWSER = "", _("As the browser says")
    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


def spelled(email: str) -> str:
    """The one spelling of an e-mail address under which it is kept, compared and counted."""
    return unicodedata.normalize("NFKC", email).strip().lower()


class AddressField(models.EmailField):  # type: ignore[type-arg]  # generic only in the stubs
    """An e-mail address whose case does not matter: not to look-ups, not to uniqueness."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return spelled(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return spelled(value) if isinstance(value, str) else value


class UserManager(BaseUserManager["User"]):
    """Finds members by e-mail, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=spelled(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of the team."""

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    email = AddressField(
        _("email"),
        max_length=254,
        unique=True,
        error_messages={"unique": _("A member of this studio already uses this email.")},
    )
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.MEMBER)
    language = models.CharField(
        _("language"), max_length=10, choices=Language, blank=True, default=""
    )
    theme = models.CharField(_("appearance"), max_length=5, choices=Theme, blank=True, default="")
    is_disabled = models.BooleanField(_("disabled"), default=False)
    seen_at = models.DateTimeField(null=True, editable=False)
    reset_mailed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django asks this at every request
        return not self.is_disabled

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_here(self) -> bool:
        """Whether they looked at a page a moment ago."""
        return self.seen_at is not None and timezone.now() - self.seen_at < HERE_FOR

    @property
    def initials(self) -> str:
        """Two letters for the avatar: of the first and last word, or one CJK character."""
        words = self.name.split() or ["?"]
        if unicodedata.east_asian_width(words[0][0]) in "WF":
            return words[0][0]
        letters = [word[0] for word in (words if len(words) == 1 else [words[0], words[-1]])]
        return "".join(letters).upper()

    def was_seen(self) -> None:
        """Note that they are here, at most once a minute."""
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at >= SEEN_EVERY:
            User.objects.filter(pk=self.pk).update(seen_at=now)

    def become(self, role: str) -> bool:
        """Take a role. False, and nothing happens, where the studio would have no admin left."""
        return self._change(is_leaving_admins=role != Role.ADMIN, role=role)

    def disable(self) -> bool:
        """Shut out. False, and nothing happens, where the studio would have no admin left."""
        return self._change(is_leaving_admins=True, is_disabled=True)

    def enable(self) -> bool:
        return self._change(is_leaving_admins=False, is_disabled=False)

    @transaction.atomic
    def _change(self, *, is_leaving_admins: bool, **fields: Any) -> bool:
        # The rows are locked, so that two admins cannot both step down at once.
        active = User.objects.filter(role=Role.ADMIN, is_disabled=False)
        admins = list(active.select_for_update().order_by("pk").values_list("pk", flat=True))
        if is_leaving_admins and admins == [self.pk]:
            return False
        return bool(User.objects.filter(pk=self.pk).update(**fields))

    def change_password(self, password: str) -> bool:
        """Set a new password. False when it was changed since this object was read."""
        old = self.password
        self.set_password(password)
        changed = User.objects.filter(pk=self.pk, password=old).update(password=self.password)
        return bool(changed)

    def claim_reset_mail(self) -> bool:
        """Whether a reset link may be mailed now: not again within two minutes."""
        now = timezone.now()
        is_due = Q(reset_mailed_at=None) | Q(reset_mailed_at__lt=now - RESET_MAIL_EVERY)
        return bool(
            User.objects.filter(is_due, pk=self.pk, is_disabled=False).update(reset_mailed_at=now)
        )


def in_a_week() -> datetime:
    return timezone.now() + timedelta(days=7)


class InvitationManager(models.Manager["Invitation"]):
    """Finds invitations by the secret of their link."""

    def invite(self, invited_by: User, *, role: str, email: str = "") -> tuple[Invitation, str]:
        """A new invitation and the secret for its link, which is nowhere kept."""
        token = secrets.token_urlsafe(32)
        return self.create(
            invited_by=invited_by, role=role, email=email, token_hash=hashed(token)
        ), token

    def of(self, token: str) -> Invitation | None:
        """The invitation that a link belongs to, open or not."""
        return self.filter(token_hash=hashed(token)).first()

    def open(self) -> models.QuerySet[Invitation]:
        """Those that somebody could accept now."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link that makes one member. The link's secret is kept only as a hash."""

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    email = AddressField(_("email"), blank=True, default="")
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.MEMBER)
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    accepted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=in_a_week)
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[InvitationManager] = InvitationManager()

    def __str__(self) -> str:
        return f"{self.role} {self.email}".strip()

    @property
    def is_open(self) -> bool:
        is_over = self.accepted_at or self.revoked_at or self.expires_at <= timezone.now()
        return not is_over

    def claim(self, *, accepted_by: User) -> bool:
        """Use it up. Only one of several who try at once wins."""
        now = timezone.now()
        mine = Invitation.objects.open().filter(pk=self.pk)
        return bool(mine.update(accepted_at=now, accepted_by=accepted_by))

    def revoke(self) -> bool:
        return bool(Invitation.objects.open().filter(pk=self.pk).update(revoked_at=timezone.now()))


def hashed(token: str) -> str:
    """How a link's secret is kept. It has 256 random bits, so a plain hash is enough."""
    return sha256(token.encode()).hexdigest()
