"""Where a provider that signs its webhooks may send them."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from studio.providers.catalog import PROVIDERS
from studio.providers.contract import Signing
from studio.vault.models import ProviderKey


def webhook_url(key: ProviderKey) -> str:
    """The address to register at the provider for this key; empty where there can be none."""
    is_signing = isinstance(PROVIDERS.get(key.provider), Signing)
    if not (settings.STUDIO_PUBLIC_URL and is_signing) or key.is_sandbox:
        return ""
    path = reverse("hook-signed", args=[key.provider, key.uid])
    return f"{settings.STUDIO_PUBLIC_URL}{path}"
