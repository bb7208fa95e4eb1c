"""The job page: pictures, what was ordered against what came, and what happened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.models import Image, Job, JobReference, Reference, Submission
from studio.jobs.states import Status
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.composing import HTMX
from tests.pages.scenes import add_picture, scene


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob, label="Studio key", last_four="9c1e", is_sandbox=False)


@pytest.fixture
def done(bob: User, key: ProviderKey) -> Job:
    job = scene(bob, key, Status.SUCCEEDED, ratio="3:2", count=2)
    for number in (1, 2):
        add_picture(job, number=number)
    return job


def page(client: Client, job: Job, ending: str = "", **more: Any) -> str:
    response = client.get(f"/jobs/{job.uid}{ending}", **more)
    assert response.status_code == 200
    return response.content.decode()


def test_every_member_sees_a_job_and_only_its_owner_its_buttons(
    as_bob: Client, as_charlie: Client, bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.FAILED, error="busy")

    own, others = page(as_bob, job), page(as_charlie, job)

    assert "an orange cat on a moonlit window sill" in others
    assert f"/jobs/{job.uid}/retry" in own
    assert f"/jobs/{job.uid}/retry" not in others


def test_it_tells_what_was_ordered_and_what_came(as_bob: Client, done: Job) -> None:
    html = page(as_bob, done)

    for label, value in [
        ("Provider", "APIMart"),
        ("Model", "gpt-image-2"),
        ("Key", "Studio key …9c1e"),
        ("Size", "3:2 1K, 768 × 512"),
        ("Pictures", "2"),
        ("Reported", "$0.05279"),
    ]:
        assert f"<dt>{label}</dt><dd>{value}</dd>" in html
    assert "Ordered 1536 × 1024 px, got 768 × 512 px." in html


def test_what_was_not_chosen_is_not_listed(as_bob: Client, done: Job) -> None:
    html = page(as_bob, done)

    for label in ("Quality", "Background", "Format", "References", "Official fallback"):
        assert f"<dt>{label}</dt>" not in html


def test_all_choices_are_listed(as_bob: Client, bob: User, key: ProviderKey) -> None:
    choices = {"quality": "high", "background": "opaque", "output_format": "webp"}
    job = make_job(bob, key, is_official_fallback=True, **choices)
    reference = Reference.objects.create(owner=bob)
    JobReference.objects.create(job=job, reference=reference, position=1)

    html = page(as_bob, job)

    for label in ("Quality", "Background", "Format", "References", "Official fallback"):
        assert f"<dt>{label}</dt>" in html


def test_the_timeline_tells_it_in_order(as_bob: Client, done: Job) -> None:
    html = page(as_bob, done)

    assert html.index("by Bob Member in the studio") < html.index("Sent to APIMart")
    assert "key …9c1e" in html


def test_the_providers_words_are_shown_as_they_are_and_harmless(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    job = scene(bob, key, Status.FAILED, error="bad_order")
    Submission.objects.update(error_detail="size <script>alert(1)</script> 不合法")

    html = page(as_bob, job)

    assert "size &lt;script&gt;alert(1)&lt;/script&gt; 不合法" in html


@pytest.mark.parametrize(
    ("asked", "number"),
    [("1", 1), ("2", 2), ("3", 2), ("0", 1), ("-1", 1), ("x", 1), ("9" * 50, 1), ("\x00", 1)],
)
def test_the_filmstrip_shows_the_picture_that_was_asked_for(
    as_bob: Client, done: Job, asked: str, number: int
) -> None:
    image = done.images.get(number=number)

    whole = page(as_bob, done, data={"picture": asked})
    viewer = page(as_bob, done, data={"picture": asked}, headers=HTMX)

    for html in (whole, viewer):
        assert f'<img src="/pictures/{image.uid}/1600.webp"' in html
    assert "<html" not in viewer


def test_links_tell_how_long_they_live(as_bob: Client, done: Job) -> None:
    html = page(as_bob, done)
    Image.objects.update(expires_at=timezone.now())

    gone = page(as_bob, done)

    assert "https://pictures.example/" in html
    assert "Gone in 21 h" in html
    assert "https://pictures.example/" not in gone
    assert f"testserver/pictures/{done.images.get(number=1).uid}" in gone


def test_a_picture_that_was_lost_is_offered_where_the_provider_has_it(
    as_bob: Client, done: Job
) -> None:
    lost = add_picture(done, number=3)
    Image.objects.filter(pk=lost.pk).update(state="lost")

    html = page(as_bob, done)
    Image.objects.update(expires_at=timezone.now())

    assert "1 picture could not be saved." in html
    assert f'<a href="{lost.url}"' in html
    assert f'<a href="{lost.url}"' not in page(as_bob, done)


def test_family_and_neighbours_are_linked_and_hidden_ones_passed_over(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    parent = make_job(bob, key)
    make_job(bob, key, is_hidden=True)
    job = make_job(bob, key, made_from=parent)
    child = make_job(bob, key, made_from=job)

    html = page(as_bob, job)

    assert f'id="older" href="/jobs/{parent.uid}"' in html
    assert f'id="newer" href="/jobs/{child.uid}"' in html
    assert html.count('class="kin"') == 3


@pytest.mark.parametrize("status", Status.values)
def test_it_stands_in_every_state_and_asks_for_itself_while_under_way(
    as_bob: Client, bob: User, key: ProviderKey, status: str
) -> None:
    job = scene(bob, key, Status(status))

    whole, body = page(as_bob, job), page(as_bob, job, "/body", headers=HTMX)

    is_under_way = status in ("queued", "submitting", "running", "saving")
    for html in (whole, body):
        assert (f'hx-get="/jobs/{job.uid}/body"' in html) == is_under_way
    assert "<html" not in body


def test_costs_of_a_retry_are_added(as_bob: Client, done: Job) -> None:
    Submission.objects.create(job=done, key=done.key, cost=Decimal("0.01"), is_superseded=True)

    assert "$0.06279" in page(as_bob, done)


def test_it_takes_few_queries(
    as_bob: Client, bob: User, done: Job, key: ProviderKey, django_assert_max_num_queries: Any
) -> None:
    parent = make_job(bob, key)
    Job.objects.filter(pk=done.pk).update(made_from=parent)
    for _ in range(5):
        add_picture(make_job(bob, key, made_from=done))
    page(as_bob, done)

    with django_assert_max_num_queries(15):
        page(as_bob, done)


def test_what_does_not_exist_is_404_and_nothing_is_posted(as_bob: Client, done: Job) -> None:
    for ending in ("", "/body"):
        assert as_bob.get(f"/jobs/{uuid4()}{ending}").status_code == 404
        assert as_bob.get(f"/jobs/{done.pk}{ending}").status_code == 404
        assert as_bob.post(f"/jobs/{done.uid}{ending}").status_code == 405
        assert as_bob.head(f"/jobs/{done.uid}{ending}").status_code == 200


def test_strangers_are_sent_to_sign_in(client: Client, done: Job) -> None:
    response = client.get(f"/jobs/{done.uid}")
    fragment = client.get(f"/jobs/{done.uid}/body", headers=HTMX)

    assert (response.status_code, fragment.status_code) == (302, 401)
