"""The same housekeeping where the archive is a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from django.utils import timezone

from studio.jobs.models import Reference
from studio.jobs.storage import archive_name, thumbnail_name
from studio.services import archive
from studio.upkeep import orphans
from tests.services import Services

pytestmark = pytest.mark.django_db

SHA = "ab" * 32


@pytest.fixture(autouse=True)
def in_a_bucket(services: Services) -> Iterator[None]:
    default = archive(f"{services.storage_url()}/a/prefix", settings.STUDIO_DATA_DIR)
    with override_settings(STORAGES={**settings.STORAGES, "default": default}):
        yield


@pytest.fixture
def names() -> list[str]:
    made = [archive_name(SHA, "png"), thumbnail_name(SHA, 384), f"spool/{uuid4()}-1"]
    for name in made:
        default_storage.save(name, ContentFile(b"something"))
    return made


def test_what_is_young_stays_and_what_is_old_and_unnamed_goes(names: list[str]):
    assert orphans.sweep(["ab"]) == 0

    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert orphans.sweep(["ab"]) == 3

    assert not any(default_storage.exists(name) for name in names)


def test_what_a_row_names_stays(names: list[str], bob):
    Reference.objects.create(owner=bob, path=names[0], sha256=SHA)

    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert orphans.sweep(["ab"]) == 1

    assert default_storage.exists(names[0])
    assert default_storage.exists(names[1])
