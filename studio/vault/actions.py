"""What members do to their keys."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from studio.accounts.models import User
from studio.providers.catalog import PROVIDERS
from studio.queue import enqueue
from studio.vault.models import ProviderKey, WebhookSecret
from studio.vault.queries import ProviderKeyQuerySet

SANDBOX_PROVIDER = "apimart"


def add(
    owner: User,
    *,
    provider: str,
    secret: str,
    label: str = "",
    base_url: str = "",
    is_shared: bool = False,
) -> ProviderKey:
    """Keep a new key and test it. It becomes the default if the owner has no real one."""
    key = ProviderKey(owner=owner, provider=provider, label=label, is_shared=is_shared)
    key.base_url = _unless_usual(provider, base_url)
    with transaction.atomic():
        key.set_secret(secret)
        if not _keys(owner).filter(is_default=True, is_sandbox=False).exists():
            key.make_default()
        test(key)
    return key


def add_sandbox(owner: User, provider: str = SANDBOX_PROVIDER) -> ProviderKey:
    """The member's key for our own sandbox, which plays any of the providers.

    An admin's first one of each is for the whole team.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # a double click makes one key
        mine = ProviderKey.objects.filter(owner=owner, provider=provider, is_sandbox=True)
        if found := mine.filter(deleted_at=None).first():
            return found
        key = ProviderKey(
            owner=owner,
            provider=provider,
            label=_sandbox_name(provider),
            is_sandbox=True,
            is_shared=owner.is_admin and not mine.exists(),
        )
        key.set_secret(f"sandbox-{secrets.token_urlsafe(18)}")
        if not _keys(owner).filter(is_default=True).exists():
            key.make_default()
    return key


def _sandbox_name(provider: str) -> str:
    if provider == SANDBOX_PROVIDER:
        return _("Demo")
    return _("Demo: %(provider)s") % {"provider": PROVIDERS[provider].label}


def edit(
    key: ProviderKey,
    *,
    label: str,
    base_url: str = "",
    secret: str = "",
    webhook_secret: str = "",
    is_webhook_off: bool = False,
) -> None:
    """Another name, base URL or webhook secret. A key with a new base URL keeps no old secret."""
    base_url = _unless_usual(key.provider, base_url)
    with transaction.atomic():
        key.rename(label)
        if key.base_url != base_url:
            key.move_to(base_url)
        if secret:
            replace(key, secret)
        if is_webhook_off:
            key.forget_webhook_secret()
        if webhook_secret:
            WebhookSecret.objects.keep(key, webhook_secret)


def replace(key: ProviderKey, secret: str) -> None:
    """Keep another secret and test it."""
    with transaction.atomic():
        key.set_secret(secret)
        test(key)


def test(key: ProviderKey) -> None:
    """Let a worker try the key; the row asks for the result."""
    with transaction.atomic():
        key.start_test()
        enqueue("studio.engine.tasks.test_key", key.pk)


def _keys(owner: User) -> ProviderKeyQuerySet:
    return ProviderKey.objects.owned_by(owner)


def _unless_usual(provider: str, base_url: str) -> str:
    """Nothing for the provider's own address: that one the catalog knows."""
    return "" if base_url == PROVIDERS[provider].base_url else base_url
