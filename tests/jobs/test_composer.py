"""What the composer is drawn from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from studio.accounts.models import User
from studio.jobs.composer import Misfit, composer_context, open_composer
from studio.jobs.models import JobReference, Reference
from studio.providers.apimart import GPT_IMAGE_2
from studio.providers.models import MB
from studio.vault.models import ProviderKey
from tests.conftest import make_job, make_key
from tests.jobs.masks import a_mask, a_picture

NOW = timezone.now()


def default_key(member: User) -> ProviderKey | None:
    return open_composer(member).default_key


def pixels(member: User, **initial: Any) -> str:
    form = open_composer(member)
    form.initial.update(initial)
    found: str = composer_context(form)["pixels"]
    return found


# The key to begin with --------------------------------------------------------------------------


def test_the_default_key_goes_first(bob: User) -> None:
    make_key(bob, used_at=NOW)
    marked = make_key(bob, is_default=True)

    assert default_key(bob) == marked


def test_else_the_own_key_that_was_used_last(bob: User, charlie: User) -> None:
    make_key(charlie, is_shared=True, used_at=NOW)
    make_key(bob, used_at=NOW - timedelta(days=2))
    last = make_key(bob, used_at=NOW - timedelta(days=1))
    make_key(bob)

    assert default_key(bob) == last


def test_else_one_that_the_team_shares(bob: User, charlie: User) -> None:
    make_key(charlie)
    shared = make_key(charlie, is_shared=True)

    assert default_key(bob) == shared


def test_a_paused_key_comes_last_of_all(bob: User, charlie: User) -> None:
    paused = make_key(bob, is_default=True, is_paused=True)
    alone = default_key(bob)
    shared = make_key(charlie, is_shared=True)

    assert (alone, default_key(bob)) == (paused, shared)


@pytest.mark.parametrize("change", [{"deleted_at": NOW}, {"provider": "withdrawn"}])
def test_a_key_that_cannot_be_used_is_none(bob: User, change: dict[str, Any]) -> None:
    make_key(bob, **change)

    assert default_key(bob) is None
    assert composer_context(open_composer(bob))["capability"] is None


def test_without_the_sandbox_its_keys_are_none(bob: User, settings: Settings) -> None:
    make_key(bob)
    settings.STUDIO_SANDBOX = False

    assert default_key(bob) is None


def test_own_keys_stand_first_and_the_sandbox_after_the_real_ones(bob: User, charlie: User) -> None:
    shared = make_key(charlie, is_shared=True, is_sandbox=False)
    sandbox = make_key(bob)
    real = make_key(bob, is_sandbox=False)

    assert composer_context(open_composer(bob))["keys"] == [real, sandbox, shared]


# Choices ----------------------------------------------------------------------------------------


def test_an_empty_composer_begins_with_what_the_model_prefers(bob: User) -> None:
    key = make_key(bob)

    form = open_composer(bob)
    context = composer_context(form)

    assert (form["ratio"].value(), form["resolution"].value()) == ("1:1", "1k")
    assert form["count"].value() == 1
    assert context["selected_key"] == key
    assert context["capability"] is GPT_IMAGE_2
    assert context["reference_mb"] == GPT_IMAGE_2.max_reference_bytes // MB
    assert context["misfits"] == []


def test_every_composer_is_a_form_of_its_own(bob: User) -> None:
    tokens = {open_composer(bob)["form_token"].value() for _ in range(5)}

    assert len(tokens) == 5


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({}, "1024 × 1024 or 1254 × 1254 px"),
        ({"ratio": "3:2", "resolution": "2k"}, "2048 × 1360 px"),
        ({"ratio": "", "resolution": ""}, "1024 × 1024 or 1254 × 1254 px"),
        ({"ratio": "7:5"}, ""),
        ({"ratio": "<b>", "resolution": "\x00"}, ""),
        ({"size_width": 1881, "size_height": "836"}, "1881 × 836 px"),
        ({"size_width": "1881", "size_height": ""}, "1024 × 1024 or 1254 × 1254 px"),
        ({"size_width": "x", "size_height": "9" * 99}, "1024 × 1024 or 1254 × 1254 px"),
    ],
)
def test_it_tells_what_the_choice_comes_out_as(
    bob: User, choice: dict[str, Any], words: str
) -> None:
    make_key(bob)

    assert pixels(bob, **choice) == words


def test_without_a_ratio_it_comes_out_as_the_reference(bob: User) -> None:
    make_key(bob)
    reference = Reference.objects.create(owner=bob)

    assert pixels(bob, ratio="", references=[str(reference.uid)]) == "as the reference"
    assert pixels(bob, ratio="3:2", references=[str(reference.uid)]) == "1536 × 1024 px"


# Remix ------------------------------------------------------------------------------------------


def test_a_remix_with_a_paused_key_takes_one_that_works(bob: User) -> None:
    working = make_key(bob)
    job = make_job(bob, make_key(bob, is_paused=True))

    assert open_composer(bob, remix=job).chosen_key == working


def test_a_remix_keeps_the_references_in_their_order(bob: User) -> None:
    job = make_job(bob)
    first, second = (Reference.objects.create(owner=bob) for _ in range(2))
    for position, reference in enumerate([second, first], start=1):
        JobReference.objects.create(job=job, reference=reference, position=position)

    form = open_composer(bob, remix=job)

    assert form.references == [second, first]
    assert form.notices == []


def test_a_remix_brings_the_mask_back_to_its_owner_alone(bob: User, charlie: User) -> None:
    picture = a_picture(bob)
    job = make_job(bob, mask=a_mask(picture))
    JobReference.objects.create(job=job, reference=picture, position=1)

    own, foreign = open_composer(bob, remix=job), open_composer(charlie, remix=job)

    assert (own.chosen_mask, own.mask_place) == (job.mask, 1)
    assert (foreign.chosen_mask, foreign.mask_place) == (None, 0)


def test_choices_of_another_model_are_named_as_misfits(bob: User) -> None:
    make_key(bob)
    job = make_job(bob, ratio="7:5", quality="high")

    assert composer_context(open_composer(bob, remix=job))["misfits"] == [
        Misfit(name="ratio", value="7:5", is_choosable=True),
        Misfit(name="quality", value="high", is_choosable=False),
    ]
