"""What several models offer in common."""

from __future__ import annotations

import pytest

from studio.providers.catalog import PROVIDERS
from studio.providers.models import ImageModel
from studio.providers.orders import Order, Size
from studio.providers.shared import OFFERS, shared, spelled

MODELS = {name: provider.models[0] for name, provider in PROVIDERS.items()}


def of(*names: str) -> ImageModel:
    return shared([MODELS[name] for name in names])


def test_alone_a_model_is_what_it_is() -> None:
    assert of("apimart") is MODELS["apimart"]
    assert of("apimart", "apimart") is MODELS["apimart"]


def test_the_choices_of_all_stay_in_the_words_of_the_first() -> None:
    both = of("apimart", "gptimage2plus")

    assert set(both.ratios) == {"1:1", "2:3", "3:2"}
    assert (both.resolutions, both.qualities) == ((), ())
    assert of("apimart", "apimodels").resolutions == ("1k", "2k", "4k")
    assert of("apimodels", "apimart").resolutions == ("1K", "2K", "4K")


def test_the_smaller_limit_counts() -> None:
    both = of("apimart", "gptimage2plus", "aigptimage")

    assert (both.max_prompt, both.max_references, both.has_mask) == (4000, 0, False)


def test_a_listed_size_stays_where_the_others_rule_allows_it() -> None:
    both = of("apimart", "apimodels")
    rule = MODELS["apimodels"].size_rule

    assert both.exact_sizes
    assert all(
        size in MODELS["apimodels"].exact_sizes or (rule and rule.allows(size))
        for size in both.exact_sizes
    )
    assert Size(1881, 836) in MODELS["apimart"].exact_sizes - both.exact_sizes


@pytest.mark.parametrize("one", MODELS)
@pytest.mark.parametrize("other", MODELS)
def test_what_both_offer_neither_refuses(one: str, other: str) -> None:
    both = of(one, other)
    choices = [(name, value) for name, offer in OFFERS.items() for value in getattr(both, offer)]

    for name, value in choices:
        order = Order(prompt="a cat", model=both.id, **{name: value})
        for model in (MODELS[one], MODELS[other]):
            assert list(model.problems(spelled(order, model))) == []


def test_what_a_model_does_not_say_stays_as_it_was() -> None:
    order = Order(prompt="a cat", model="x", ratio="7:5", resolution="2k")

    told = spelled(order, MODELS["gptimage2plus"])

    assert (told.model, told.ratio, told.resolution) == ("gpt-image-2", "7:5", "2k")
