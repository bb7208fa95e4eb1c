"""Who may use which key, and what is sealed how."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeVar, cast

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Substr

from studio.accounts.models import User
from studio.providers.catalog import PROVIDERS
from studio.vault import masterkeys
from studio.vault.cipher import HEADER_BYTES, header

if TYPE_CHECKING:
    from studio.vault.models.key import ProviderKey
    from studio.vault.models.sealed import Sealed


Row = TypeVar("Row", bound="Sealed")


class SealedQuerySet(models.QuerySet[Row]):
    """What is sealed, and how."""

    def sealed(self) -> Self:
        return self.exclude(sealed=b"")

    def sealed_by(self, head: bytes) -> Self:
        return self.alias(head=_head()).filter(head=head)

    def not_sealed_by_first(self) -> Self:
        """Sealed under another master key than the one that seals now."""
        head = header(masterkeys.ring().first)
        return self.sealed().alias(head=_head()).exclude(head=head)

    def seal_counts(self) -> dict[bytes, int]:
        """How many of them each header of the cipher begins."""
        heads = self.sealed().annotate(head=_head()).values("head").annotate(count=Count("pk"))
        rows = heads.order_by("head").values_list("head", "count")
        return {bytes(cast("bytes", head)): count for head, count in rows}


class ProviderKeyQuerySet(SealedQuerySet["ProviderKey"]):
    """Who may use which key."""

    def owned_by(self, user: User) -> Self:
        """Those that the member may change."""
        return self.filter(owner=user, deleted_at=None)

    def usable_by(self, user: User) -> Self:
        """Own ones, and those that members who are still here share with the team."""
        is_usable = Q(owner=user) | Q(is_shared=True, owner__is_disabled=False)
        keys = self.filter(is_usable, deleted_at=None, provider__in=PROVIDERS)
        return keys if settings.STUDIO_SANDBOX else keys.filter(is_sandbox=False)

    def sendable(self) -> Self:
        """Those that anything may be sent with: not paused, not gone, of a member who is here."""
        keys = self.filter(is_paused=False, deleted_at=None, owner__is_disabled=False)
        keys = keys.filter(provider__in=PROVIDERS)
        return keys if settings.STUDIO_SANDBOX else keys.filter(is_sandbox=False)

    def visible_to(self, user: User) -> Self:
        """What the keys page lists: the usable ones and all own ones, own ones first."""
        keys = (self.usable_by(user) | self.owned_by(user)).select_related("owner", "webhook")
        is_foreign = models.Case(models.When(owner=user, then=0), default=1)
        return keys.order_by(is_foreign, "is_sandbox", "pk")

    def ensure_master_keys(self) -> None:
        """Make the first master key – but not where sealed rows say that there was one."""
        is_missing = not masterkeys.is_from_environment() and not masterkeys.keys_file().exists()
        if is_missing and not self.filter(~Q(sealed=b"") | Q(webhook__isnull=False)).exists():
            masterkeys.make_first()


def may_use(key: ProviderKey, user: User) -> bool:
    """What `usable_by` says, of a row that is at hand with its owner."""
    is_usable = key.owner_id == user.pk or (key.is_shared and not key.owner.is_disabled)
    is_there = key.deleted_at is None and (settings.STUDIO_SANDBOX or not key.is_sandbox)
    return is_usable and is_there and key.provider in PROVIDERS


class Hurdle(StrEnum):
    """Why nothing of a member goes out with a key, for now or for good."""

    NONE = ""
    DELETED = "deleted"
    OWNER_DISABLED = "owner_disabled"
    NOT_SHARED = "not_shared"
    SANDBOX_OFF = "sandbox_off"
    PAUSED = "paused"


def hurdle(key: ProviderKey, user_id: int) -> Hurdle:
    """The first one that lies between a member and a key that is at hand with its owner."""
    return next(filter(None, _hurdles(key, user_id)), Hurdle.NONE)


def _hurdles(key: ProviderKey, user_id: int) -> Iterator[Hurdle | None]:
    yield Hurdle.DELETED if key.deleted_at or key.provider not in PROVIDERS else None
    yield Hurdle.OWNER_DISABLED if key.owner.is_disabled else None
    yield Hurdle.NOT_SHARED if key.owner_id != user_id and not key.is_shared else None
    yield Hurdle.SANDBOX_OFF if key.is_sandbox and not settings.STUDIO_SANDBOX else None
    yield Hurdle.PAUSED if key.is_paused else None


def _head() -> Substr:
    return Substr("sealed", 1, HEADER_BYTES, output_field=models.BinaryField())
