"""A studio with something in every table, and a secret that must be in no backup."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from studio.accounts.models import Invitation, Role, User
from studio.jobs.models import Image, JobReference, Reference, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey, WebhookSecret
from tests.conftest import make_job
from tests.pages.scenes import add_picture, scene

CANARY = "sk+canary/77=Zq:0123456789&abcdefgh"
SPOOLED = b"bytes that came with an answer"


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    settings.STUDIO_MASTER_KEYS = ""
    settings.SECRETS_DIR = tmp_path / "secrets"
    storages = {**settings.STORAGES}
    storages["default"] = {
        **storages["default"],
        "OPTIONS": {"location": tmp_path / "pictures"},
    }
    settings.STORAGES = storages


@pytest.fixture
def key(bob: User) -> ProviderKey:
    key = ProviderKey(owner=bob, provider="gptimage2plus", label="Studio “one”")
    key.set_secret(CANARY)
    WebhookSecret.objects.keep(key, CANARY)
    return key


@pytest.fixture
def filled(alice: User, bob: User, as_bob: Client, key: ProviderKey) -> dict[str, Submission]:
    """Jobs in every state, with their pictures; by status, each job's submission."""
    Invitation.objects.invite(alice, role=Role.MEMBER)
    as_bob.get("/")
    found = {}
    for status in Status:
        job = scene(bob, key, status, prompt=f"a cat, 猫, “{status}” \\ \n and more")
        found[str(status)] = job.submissions.get()
    add_picture(found["succeeded"].job)
    pending = found["saving"]
    spool = default_storage.save(f"spool/{pending.pk}-1", ContentFile(SPOOLED))
    Image.objects.create(job=pending.job, submission=pending, number=1, spool=spool)
    image = Image.objects.get(state="kept")
    reference = Reference.objects.create(
        owner=bob, path=image.path, sha256=image.sha256, size=image.size, media_type="image/png"
    )
    JobReference.objects.create(job=found["running"].job, reference=reference, position=1)
    Submission.objects.filter(pk=found["running"].pk).update(ticket={"id": "ta☃sk", "n": [1, None]})
    Submission.objects.filter(pk=found["submitting"].pk).update(
        claim=uuid4(), sent_at=timezone.now()
    )
    found["running"].job.note("accepted", found["running"], width=3)
    make_job(bob, key, made_from=found["succeeded"].job)
    OrmQ.objects.create(key="darkroom", payload="x", lock=timezone.now())
    return found
