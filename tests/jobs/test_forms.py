"""The composer's form: hostile and clumsy input ends in words, never in a trace."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils.datastructures import MultiValueDict

from studio.accounts.models import User
from studio.jobs.forms import LONGEST_PROMPT, OrderForm
from studio.jobs.models import Job, Reference
from studio.providers import orders
from studio.providers.orders import Order, Size
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.jobs.composing import HTMX, ordered, sendable
from tests.jobs.masks import a_mask, a_picture


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob)


def form_of(member: User, data: dict[str, Any]) -> OrderForm:
    posted = QueryDict(mutable=True)
    posted.update(
        MultiValueDict(
            {name: value if isinstance(value, list) else [value] for name, value in data.items()}
        )
    )
    return OrderForm(posted, member=member)


def errors_of(form: OrderForm) -> dict[str, list[str]]:
    return {field: list(errors) for field, errors in form.errors.items()}


def test_what_was_typed_becomes_an_order(bob: User, key: ProviderKey) -> None:
    form = form_of(bob, ordered(key, is_official_fallback="on"))

    assert form.is_valid()
    assert form.cleaned_data["order"] == Order(
        prompt="an orange cat",
        model="gpt-image-2",
        count=2,
        ratio="3:2",
        resolution="2k",
        is_official_fallback=True,
    )


def test_an_exact_size_stands_instead_of_ratio_and_resolution(bob: User, key: ProviderKey) -> None:
    form = form_of(bob, ordered(key, size_width="1881", size_height="836"))

    assert form.is_valid()
    order = form.cleaned_data["order"]
    assert (order.size, order.ratio, order.resolution) == (Size(1881, 836), "", "")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"prompt": ""}, "prompt", "Describe the picture you want."),
        ({"prompt": " \n\t"}, "prompt", "Describe the picture you want."),
        ({"prompt": "\x00"}, "prompt", "Describe the picture you want."),
        ({"prompt": "x" * (LONGEST_PROMPT + 1)}, "prompt", "at most 100000 characters"),
        ({"count": "0"}, "count", "makes 1 to 10 pictures at a time, not 0."),
        ({"count": "-1"}, "count", "makes 1 to 10 pictures at a time, not -1."),
        ({"count": "11"}, "count", "makes 1 to 10 pictures at a time, not 11."),
        ({"count": "1e9"}, "count", "How many pictures? A whole number."),
        ({"count": "2.5"}, "count", "How many pictures? A whole number."),
        ({"count": "9" * 30}, "count", "makes 1 to 10 pictures at a time"),
        ({"count": "9" * 5000}, "count", "How many pictures? A whole number."),
        ({"count": ""}, "count", "required"),
        ({"count": None}, "count", "required"),
        ({"ratio": "7:5"}, "ratio", "does not offer “7:5” here"),
        ({"ratio": "<script>"}, "ratio", "does not offer “<script>” here"),
        ({"ratio": "<script>alert(1)</script>"}, "ratio", "at most 8 characters"),
        ({"ratio": "1:1\x00"}, "ratio", "Null characters are not allowed."),
        ({"resolution": "8k"}, "resolution", "does not offer “8k” here"),
        ({"size_width": "1881"}, "size_width", "needs a width and a height"),
        ({"size_height": "836"}, "size_width", "needs a width and a height"),
        ({"size_width": "17", "size_height": "17"}, "size_width", "only if it stands in its"),
        ({"size_width": "wide", "size_height": "836"}, "size_width", "Enter a whole number."),
        ({"size_width": "70000", "size_height": "1"}, "size_width", "less than or equal to"),
        ({"key": ""}, "key", "Choose a key to send this with."),
        ({"key": None}, "key", "Choose a key to send this with."),
        ({"key": "../../etc"}, "key", "This key is gone. Choose another one."),
        ({"references": "garbage"}, "__all__", "not there any more"),
    ],
)
def test_each_mistake_is_named_once_where_it_can_be_seen(
    as_bob: Client, bob: User, key: ProviderKey, changes: dict[str, Any], field: str, words: str
) -> None:
    data = ordered(key, **changes)

    errors = errors_of(form_of(bob, data))
    response = as_bob.post("/jobs/place", data, headers=HTMX)

    assert list(errors) == [field]
    assert len(errors[field]) == 1
    assert words in errors[field][0]
    assert response.status_code == 422
    assert "<script>" not in response.content.decode()
    shown = words.split("“")[0].split("<")[0]
    assert shown in response.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["quality", "background", "output_format"])
def test_a_choice_that_is_not_drawn_is_refused_above_all(
    as_bob: Client, bob: User, key: ProviderKey, name: str
) -> None:
    data = ordered(key, **{name: "high"})

    assert list(form_of(bob, data).errors) == ["__all__"]
    refused = as_bob.post("/jobs/place", data, headers=HTMX)
    assert "does not offer “high” here" in refused.content.decode()
    assert as_bob.post("/jobs/place", sendable(refused), headers=HTMX).status_code == 200


def test_all_mistakes_are_told_together(bob: User, key: ProviderKey) -> None:
    data = ordered(key, prompt="", count="x", ratio="9:1", key="x", form_token="x")

    assert set(form_of(bob, data).errors) == {
        *("prompt", "count", "ratio", "key", "form_token", "__all__")
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00 cat\x00", "a cat"),
        ("two\r\nlines\nand more", "two\nlines\nand more"),
        ("  kept as it is  ", "  kept as it is  "),
        ("🌙🐈‍⬛ 月光下的猫", "🌙🐈‍⬛ 月光下的猫"),
        ("%(provider)s {} {{ x }}", "%(provider)s {} {{ x }}"),
    ],
)
def test_a_prompt_is_kept_as_it_was_typed(
    as_bob: Client, key: ProviderKey, typed: str, kept: str
) -> None:
    response = as_bob.post("/jobs/place", ordered(key, prompt=typed), headers=HTMX)

    assert response.status_code == 200
    assert Job.objects.get().prompt == kept


def test_the_longest_prompt_is_taken(as_bob: Client, key: ProviderKey) -> None:
    prompt = "月" * LONGEST_PROMPT

    assert as_bob.post("/jobs/place", ordered(key, prompt=prompt)).status_code == 302
    assert Job.objects.get().prompt == prompt


def test_a_prompt_is_never_markup(as_bob: Client, key: ProviderKey) -> None:
    prompt = "</textarea><script>alert(1)</script>"

    placed = as_bob.post("/jobs/place", ordered(key, prompt=prompt), headers=HTMX)
    refused = as_bob.post("/jobs/place", ordered(key, prompt=prompt, count="0"), headers=HTMX)

    for response in (
        placed,
        refused,
        as_bob.get("/"),
        as_bob.get(f"/jobs/{Job.objects.get().uid}"),
    ):
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [("fetching", "still being fetched"), ("failed", "could not be had. Remove it first.")],
)
def test_references_that_are_not_there_yet_hold_the_order(
    bob: User, key: ProviderKey, state: str, words: str
) -> None:
    reference = Reference.objects.create(owner=bob, state=state)

    errors = errors_of(form_of(bob, ordered(key, references=[str(reference.uid)])))

    assert list(errors) == ["__all__"]
    assert words in errors["__all__"][0]


def test_more_references_than_the_model_takes_are_refused(bob: User, key: ProviderKey) -> None:
    uids = [str(Reference.objects.create(owner=bob).uid) for _ in range(17)]

    errors = errors_of(form_of(bob, ordered(key, references=uids)))

    assert errors == {"__all__": ["APIMart takes 16 reference pictures; you have 17."]}


def test_references_keep_the_order_of_the_tray(bob: User, key: ProviderKey) -> None:
    first, second = (Reference.objects.create(owner=bob, size=n) for n in (1, 2))

    form = form_of(bob, ordered(key, references=[str(second.uid), str(first.uid)]))

    assert form.is_valid()
    assert form.references == [second, first]
    assert [one.size for one in form.cleaned_data["order"].references] == [2, 1]


def test_a_member_without_any_key_is_told_so(as_bob: Client, alice: User) -> None:
    foreign = make_key(alice)

    response = as_bob.post("/jobs/place", ordered(foreign), headers=HTMX)

    assert response.status_code == 422
    assert "No key can be used yet" in response.content.decode()
    assert sendable(response)["prompt"] == ["an orange cat"]


# Masks ------------------------------------------------------------------------------------------


def masked(bob: User, uids: list[str], mask: object) -> OrderForm:
    key = make_key(bob, provider="apimodels")
    return form_of(bob, ordered(key, resolution="2K", references=uids, mask=str(mask)))


def test_a_mask_goes_with_the_first_picture(bob: User) -> None:
    first, second = a_picture(bob), a_picture(bob)
    mask = a_mask(first)

    form = masked(bob, [str(first.uid), str(second.uid)], mask.uid)

    assert form.is_valid()
    assert form.cleaned_data["order"].mask == orders.Reference(
        media_type="image/png", size=mask.size
    )


def test_a_mask_that_lies_on_another_picture_is_refused(bob: User) -> None:
    first, second, removed = a_picture(bob), a_picture(bob), a_picture(bob)
    uids = [str(first.uid), str(second.uid)]

    on_second = masked(bob, uids, a_mask(second).uid)
    on_none = masked(bob, uids, a_mask(removed).uid)
    alone = masked(bob, [], a_mask(removed).uid)

    assert errors_of(on_second) == {
        "mask": ["The mask lies on picture 2, and only the first one can have a mask."]
    }
    assert errors_of(on_none) == {"mask": ["The picture that the mask lies on was removed."]}
    assert errors_of(alone) == {"mask": ["A mask lies on a reference picture: add one."]}


def test_what_is_nobodys_mask_or_somebody_elses_is_refused(bob: User, charlie: User) -> None:
    own, foreign = a_picture(bob), a_picture(charlie)
    uids = [str(own.uid)]

    for text in (a_mask(foreign).uid, own.uid, uuid4(), "nonsense"):
        assert errors_of(masked(bob, uids, text)) == {
            "mask": ["The mask is not there any more. Paint it again if needed."]
        }
