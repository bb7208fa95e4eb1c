"""What the vault keeps: keys, and what providers sign their webhooks with."""

from __future__ import annotations

from studio.vault.models.key import BY_OWNER, NO_SECRET, PROVIDER_PAUSES, ProviderKey, TestStatus
from studio.vault.models.pace import Pace
from studio.vault.models.sealed import LONGEST_SECRET, check_secret
from studio.vault.models.webhook import WebhookSecret

# Whatever a master key opens: a rotation and the checks before the start go through all of it.
SEALED: tuple[type[ProviderKey | WebhookSecret], ...] = (ProviderKey, WebhookSecret)

__all__ = [
    "BY_OWNER",
    "LONGEST_SECRET",
    "NO_SECRET",
    "PROVIDER_PAUSES",
    "SEALED",
    "Pace",
    "ProviderKey",
    "TestStatus",
    "WebhookSecret",
    "check_secret",
]
