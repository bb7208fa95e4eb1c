"""The composer with “compare” on: one order for several keys, checked against each of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.jobs.composer import Rival, composer_context
from studio.jobs.forms import OrderForm
from studio.jobs.models import Reference
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.jobs.composing import HTMX, ordered, sendable
from tests.jobs.masks import a_mask, a_picture
from tests.jobs.test_forms import errors_of, form_of


@pytest.fixture
def keys(bob: User) -> dict[str, ProviderKey]:
    names = ("apimart", "gptimage2plus", "apimodels", "aigptimage")
    return {name: make_key(bob, provider=name) for name in names}


def comparing(*keys: ProviderKey, **changes: Any) -> dict[str, Any]:
    uids = [str(key.uid) for key in keys]
    data = {"compare": "on", "compared": uids, "resolution": None, "quality": None}
    return ordered(keys[0], **{**data, **changes})


def drawn(form: OrderForm) -> dict[str, Rival]:
    return {rival.key.provider: rival for rival in composer_context(form)["rivals"]}


def test_each_key_gets_the_order_for_its_own_model(bob: User, keys: dict[str, ProviderKey]) -> None:
    three = [keys["apimart"], keys["gptimage2plus"], keys["apimodels"]]

    form = form_of(bob, comparing(*three))

    assert form.is_valid(), form.errors
    orders = form.cleaned_data["orders"]
    assert [key for key, _ in orders] == three
    assert [order.model for _, order in orders] == ["gpt-image-2", "gpt-image-2", "gpt-image-2-all"]
    assert {(order.prompt, order.ratio, order.count) for _, order in orders} == {
        ("an orange cat", "3:2", 2)
    }


def test_a_choice_is_told_to_each_in_its_own_spelling(
    bob: User, keys: dict[str, ProviderKey]
) -> None:
    form = form_of(bob, comparing(keys["apimart"], keys["apimodels"], resolution="2k"))

    assert form.is_valid(), form.errors
    assert [order.resolution for _, order in form.cleaned_data["orders"]] == ["2k", "2K"]


def test_only_what_all_of_them_offer_is_drawn(as_bob: Client, keys: dict[str, ProviderKey]) -> None:
    data = comparing(keys["apimart"], keys["gptimage2plus"])

    html = as_bob.post("/composer", data, headers=HTMX).content.decode()

    assert [ratio in html for ratio in ('value="3:2"', 'value="21:9"')] == [True, False]
    assert 'name="resolution"' not in html


def test_a_mask_goes_to_all_of_them_or_is_refused_with_the_reason(
    bob: User, keys: dict[str, ProviderKey]
) -> None:
    other = make_key(bob, provider="apimodels")
    picture = a_picture(bob)
    fields = {"references": [str(picture.uid)], "mask": str(a_mask(picture).uid)}

    able = form_of(bob, comparing(keys["apimodels"], other, **fields))
    unable = form_of(bob, comparing(keys["apimodels"], keys["apimart"], **fields))

    assert able.is_valid(), able.errors
    assert all(order.mask for _, order in able.cleaned_data["orders"])
    assert not unable.is_valid()
    assert drawn(unable)["apimart"].reasons == ["APIMart does not take a mask."]
    assert drawn(unable)["apimodels"].reasons == []


def test_who_cannot_do_it_says_why_at_its_key(bob: User, keys: dict[str, ProviderKey]) -> None:
    form = form_of(bob, comparing(keys["apimart"], keys["gptimage2plus"], ratio="21:9"))

    rivals = drawn(form)

    assert rivals["apimart"].reasons == []
    [reason] = rivals["gptimage2plus"].reasons
    assert reason.startswith("GPTImage2 Plus does not offer “21:9” here.")
    assert rivals["apimodels"].reasons == []
    assert not rivals["apimodels"].is_compared
    assert list(errors_of(form)) == ["ratio"]


def test_references_count_at_each_key(bob: User, keys: dict[str, ProviderKey]) -> None:
    cats = [str(Reference.objects.create(owner=bob, state="ready").uid) for _ in range(5)]

    form = form_of(bob, comparing(keys["apimart"], keys["gptimage2plus"], references=cats))

    assert not form.is_valid()
    [reason] = drawn(form)["gptimage2plus"].reasons
    assert reason == "GPTImage2 Plus takes 4 reference pictures; you have 5."


def test_a_setting_that_one_of_them_lacks_is_refused_once_and_then_left_out(
    as_bob: Client, keys: dict[str, ProviderKey]
) -> None:
    data = comparing(keys["apimart"], keys["gptimage2plus"], resolution="4k")

    refused = as_bob.post("/jobs/place", data, headers=HTMX)

    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Not all of them have this setting: “4K” is left out." in html
    assert "resolution" not in sendable(refused)


def test_each_is_told_the_pixels_that_it_would_make(
    bob: User, keys: dict[str, ProviderKey]
) -> None:
    rivals = drawn(form_of(bob, comparing(keys["apimart"], keys["gptimage2plus"])))

    assert (rivals["apimart"].pixels, rivals["gptimage2plus"].pixels) == (
        "1536 × 1024 px",
        "1536 × 1024 px",
    )


@pytest.mark.parametrize("count", [0, 1])
def test_it_takes_two_to_compare(bob: User, keys: dict[str, ProviderKey], count: int) -> None:
    chosen = [str(keys["apimart"].uid)][:count]

    form = form_of(bob, comparing(keys["apimart"], compared=chosen))

    assert errors_of(form) == {"compared": ["Choose two keys at least to compare them."]}


def test_the_same_key_twice_is_one(bob: User, keys: dict[str, ProviderKey]) -> None:
    uid = str(keys["apimart"].uid)

    form = form_of(bob, comparing(keys["apimart"], compared=[uid, uid]))

    assert "Choose two keys at least to compare them." in errors_of(form)["compared"]


@pytest.mark.promise(35)
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_shared": False}, "This key is gone."),
        ({"is_shared": True, "deleted_at": "2026-01-01T00:00Z"}, "This key is gone."),
        ({"is_shared": True, "is_paused": True}, "This key is paused."),
    ],
)
def test_keys_that_may_not_be_used_are_not_compared(
    bob: User, charlie: User, keys: dict[str, ProviderKey], fields: dict[str, Any], words: str
) -> None:
    foreign = make_key(charlie, provider="apimodels", **fields)

    form = form_of(bob, comparing(keys["apimart"], keys["gptimage2plus"], foreign))

    assert errors_of(form)["compared"][0].startswith(words)


@pytest.mark.parametrize("compared", ["", "garbage", "\x00", "0" * 5000])
def test_nonsense_is_refused_kindly(
    as_bob: Client, keys: dict[str, ProviderKey], compared: str
) -> None:
    data = comparing(keys["apimart"], compared=[compared])

    assert as_bob.post("/jobs/place", data, headers=HTMX).status_code == 422


def test_with_the_switch_off_the_boxes_mean_nothing(
    bob: User, keys: dict[str, ProviderKey]
) -> None:
    form = form_of(bob, comparing(keys["apimart"], keys["gptimage2plus"], compare=None))

    assert form.is_valid()
    assert [key for key, _ in form.cleaned_data["orders"]] == [keys["apimart"]]


def test_the_chosen_key_and_another_provider_stand_ready(
    as_bob: Client, bob: User, keys: dict[str, ProviderKey]
) -> None:
    make_key(bob)
    data = ordered(keys["gptimage2plus"], resolution=None)

    response = as_bob.post("/jobs/place", {**data, "prompt": ""}, headers=HTMX)

    assert sendable(response)["compared"] == [
        str(keys["apimart"].uid),
        str(keys["gptimage2plus"].uid),
    ]


def test_who_has_one_key_is_led_to_a_second(as_charlie: Client, charlie: User) -> None:
    make_key(charlie)

    html = as_charlie.get("/").content.decode()

    assert "Add a second key to compare" in html
    assert 'name="compare"' not in html
