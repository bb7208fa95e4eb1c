"""The cast: alice is admin, bob is a member, charlie is another one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import Role, Studio, User
from studio.jobs.models import Job, Submission
from studio.vault.models import ProviderKey
from tests.browsing import browser
from tests.services import services

__all__ = ["browser", "services"]  # one for all tests: Playwright runs once in a thread


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's loop stays in this thread, and others need none."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


PASSWORD = "correct horse battery staple"
NOBODYS = "00000000-0000-4000-8000-000000000000"  # an id that no row has


@pytest.fixture
def studio_row(db: None) -> Studio:
    return Studio.objects.create(name="Halide Studio")


@pytest.fixture
def alice(studio_row: Studio) -> User:
    return User.objects.create_user(
        "alice@example.com", PASSWORD, name="Alice Admin", role=Role.ADMIN
    )


@pytest.fixture
def bob(studio_row: Studio) -> User:
    return User.objects.create_user("bob@example.com", PASSWORD, name="Bob Member")


@pytest.fixture
def charlie(studio_row: Studio) -> User:
    return User.objects.create_user("charlie@example.com", PASSWORD, name="Charlie Other")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="studio.accounts.backends.EmailBackend")
    return client


@pytest.fixture
def as_alice(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def as_charlie(charlie: User) -> Client:
    return signed_in(charlie)


def make_key(owner: User, **fields: Any) -> ProviderKey:
    """A sandbox key of APIMart, unless told otherwise."""
    return ProviderKey.objects.create(
        owner=owner, **{"provider": "apimart", "is_sandbox": True, "last_four": "demo", **fields}
    )


def make_job(owner: User, key: ProviderKey | None = None, **fields: Any) -> Job:
    """A queued job with one submission."""
    key = key or make_key(owner)
    defaults = {
        "prompt": "an orange cat on a moonlit window sill",
        "provider": key.provider,
        "model": "gpt-image-2",
        "ratio": "1:1",
        "resolution": "1k",
    }
    job = Job.objects.create(owner=owner, key=key, **{**defaults, **fields})
    Submission.objects.create(job=job, key=key, count=job.count)
    return job
