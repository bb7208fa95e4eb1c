"""What a provider signs its webhooks with."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from studio.vault.cipher import seal
from studio.vault.models.key import ProviderKey
from studio.vault.models.sealed import Sealed, check_secret, sealing
from studio.vault.queries import SealedQuerySet


class WebhookSecretQuerySet(SealedQuerySet["WebhookSecret"]):
    """One for each key at most."""

    def keep(self, key: ProviderKey, secret: str) -> None:
        """The secret that webhooks for this key are signed with from now on.

        Raises BadSecret, MasterKeyError.
        """
        row = WebhookSecret(key=key)
        with sealing():  # so that no master key is dropped between sealing and saving
            ProviderKey.objects.ensure_master_keys()
            sealed = seal(check_secret(secret), row.bond)
            self.update_or_create(key=key, defaults={"sealed": sealed})


class WebhookSecret(Sealed):
    """A secret that a provider shows once. Nobody sees it here again."""

    key = models.OneToOneField(
        ProviderKey,
        models.CASCADE,
        to_field="uid",
        primary_key=True,
        related_name="webhook",
    )

    objects = WebhookSecretQuerySet.as_manager()

    def __str__(self) -> str:
        return f"webhooks of {self.key_id}"

    @property
    def uid(self) -> UUID:
        """The name of its key: what a message of the vault calls it by."""
        return self.key_id

    @property
    def bond(self) -> bytes:
        return f"webhook:{self.key_id}".encode()
