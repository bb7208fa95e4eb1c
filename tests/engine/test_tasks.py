"""Tasks take ids, may come twice or late, and leave the rows right."""

from __future__ import annotations

import io

import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from studio.engine import drain, leases, tasks
from studio.jobs.models import Reference, Submission
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(live_server, settings) -> str:
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    return settings.STUDIO_SANDBOX_URL


def after_a_test(key: ProviderKey) -> ProviderKey:
    key.start_test()
    tasks.test_key(key.pk)
    return ProviderKey.objects.get(pk=key.pk)


def a_key(owner, secret: str, provider: str = "apimart") -> ProviderKey:
    key = make_key(owner, provider=provider)
    key.set_secret(secret)
    return key


@pytest.mark.parametrize(
    "provider", ["apimart", "chatgpt2api", "gptimage2plus", "aigptimage", "apimodels"]
)
def test_a_key_that_works_is_found_to_work_and_nothing_is_ordered(bob, sandbox, provider):
    key = after_a_test(a_key(bob, "sandbox-0123456789", provider))

    assert (key.test_status, key.test_code, key.is_paused) == ("ok", "", False)
    assert key.test_milliseconds is not None


@pytest.mark.parametrize(
    ("mark", "code", "is_paused"),
    [("[401]", "bad_key", True), ("[402]", "no_money", True), ("[503]", "busy", False)],
)
def test_a_key_that_fails_says_why(bob, sandbox, mark, code, is_paused):
    key = after_a_test(a_key(bob, f"sandbox-0123456789{mark}"))

    assert (key.test_status, key.test_code, key.is_paused) == ("failed", code, is_paused)


def test_a_key_without_a_secret_is_told_so(bob, sandbox):
    assert after_a_test(make_key(bob)).test_code == "no_secret"


def test_a_key_whose_host_is_away_is_told_so_without_foreign_words(bob, settings):
    settings.STUDIO_SANDBOX_URL = "http://127.0.0.1:9/sandbox"

    key = after_a_test(a_key(bob, "sandbox-0123456789"))

    assert (key.test_code, key.test_detail) == ("never_sent", "")


def test_a_key_that_was_deleted_meanwhile_is_not_tested(bob, sandbox):
    key = a_key(bob, "sandbox-0123456789")
    key.start_test()
    key.delete_softly()

    tasks.test_key(key.pk)

    assert ProviderKey.objects.get(pk=key.pk).test_status != "ok"


def made(url: str, owner) -> Reference:
    return Reference.objects.create(owner=owner, state="fetching", source_url=url)


def test_a_reference_by_link_is_fetched_cleaned_and_kept(bob, sandbox):
    make_job(bob, a_key(bob, "sandbox-0123456789"), prompt="dunes [fast]")
    tasks.pump(0)
    url = Submission.objects.get().images.get().url
    reference = made(url, bob)

    tasks.fetch_reference(reference.pk)
    tasks.fetch_reference(reference.pk)

    reference.refresh_from_db()
    assert (reference.state, reference.width, reference.media_type) == ("ready", 1024, "image/png")
    with default_storage.open(reference.path) as file:
        assert Pillow.open(io.BytesIO(file.read())).size == (1024, 1024)


@pytest.mark.promise(24)
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x.png", "http://10.0.0.1/x.png", "http://[::1]/x.png"]
)
def test_a_reference_from_a_private_network_is_not_fetched(bob, sandbox, url):
    reference = made(url, bob)

    tasks.fetch_reference(reference.pk)

    reference.refresh_from_db()
    assert (reference.state, reference.error_code) == ("failed", "fetch_failed")


def test_a_reference_that_is_a_web_page_is_no_picture(bob, sandbox, live_server):
    reference = made(f"{sandbox}/apimart/f/image/nothing_0.png", bob)

    tasks.fetch_reference(reference.pk)

    reference.refresh_from_db()
    assert reference.state == "failed"


def test_a_pump_that_comes_twice_or_while_the_studio_ends_does_nothing(bob, sandbox):
    make_job(bob, a_key(bob, "sandbox-0123456789"))
    token = leases.take(0)
    tasks.pump(0)
    leases.release(0, token)
    drain.begin()
    tasks.pump(0)
    drain.end()

    assert Submission.objects.get().status == "queued"
