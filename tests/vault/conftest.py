"""A ring of master keys for each test, and keys that hold a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from studio.accounts.models import User
from studio.vault.models import ProviderKey

SECRET = "sk-live-0123456789abcdef9c1e"


@pytest.fixture(autouse=True)
def secrets_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.STUDIO_MASTER_KEYS = ""
    settings.SECRETS_DIR = tmp_path / "secrets"
    return settings.SECRETS_DIR


def sealed_key(owner: User, secret: str = SECRET, **fields: Any) -> ProviderKey:
    """A real key of APIMart, unless told otherwise."""
    key = ProviderKey(owner=owner, **{"provider": "apimart", **fields})
    key.set_secret(secret)
    return key
