"""Several models and one order: what all of them offer, and how each spells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from studio.providers.models import ImageModel
from studio.providers.orders import Order, Size

# A choice of an order, and what of a model's record offers it.
OFFERS = {
    "ratio": "ratios",
    "resolution": "resolutions",
    "quality": "qualities",
    "background": "backgrounds",
    "output_format": "output_formats",
}


def spelling(value: str, offered: Iterable[str]) -> str:
    """How somebody else says it: “2k” is “2K” there. As it is where they do not say it at all."""
    return next((one for one in offered if one.casefold() == value.casefold()), value)


def spelled(order: Order, model: ImageModel) -> Order:
    """The same order for this model, in its words."""
    return replace(
        order,
        model=model.id,
        ratio=spelling(order.ratio, model.ratios),
        resolution=spelling(order.resolution, model.resolutions),
        quality=spelling(order.quality, model.qualities),
        background=spelling(order.background, model.backgrounds),
        output_format=spelling(order.output_format, model.output_formats),
    )


def shared(models: Sequence[ImageModel]) -> ImageModel:
    """A record of what all of them offer, in the words of the first, which it is called after.

    Sizes and prices are each model's own, so it has none.
    """
    first = models[0]
    if all(model == first for model in models):
        return first
    prompts = [model.max_prompt for model in models if model.max_prompt]
    return replace(
        first,
        label=", ".join(dict.fromkeys(model.label for model in models)),
        ratios=_in_all("ratios", models),
        resolutions=_in_all("resolutions", models),
        qualities=_in_all("qualities", models),
        backgrounds=_in_all("backgrounds", models),
        output_formats=_in_all("output_formats", models),
        sizes={},
        prices={},
        exact_sizes=_exact_sizes(models),
        size_rule=None,
        max_count=min(model.most_pictures for model in models),
        max_prompt=min(prompts, default=None),
        max_references=min(model.max_references for model in models),
        max_reference_bytes=min(model.max_reference_bytes for model in models),
        max_references_bytes=min(model.max_references_bytes for model in models),
        reference_types=_in_all("reference_types", models),
        has_mask=all(model.has_mask for model in models),
        has_official_fallback=all(model.has_official_fallback for model in models),
    )


def _in_all(offer: str, models: Sequence[ImageModel]) -> tuple[str, ...]:
    """What everybody offers, however they spell it."""
    known = [{value.casefold() for value in getattr(model, offer)} for model in models]
    common = set.intersection(*known)
    return tuple(value for value in getattr(models[0], offer) if value.casefold() in common)


def _exact_sizes(models: Sequence[ImageModel]) -> frozenset[Size]:
    """Listed sizes that everybody makes."""
    listed = frozenset[Size]().union(*(model.exact_sizes for model in models))
    return frozenset(size for size in listed if all(_makes(model, size) for model in models))


def _makes(model: ImageModel, size: Size) -> bool:
    is_allowed = model.size_rule is not None and model.size_rule.allows(size)
    return is_allowed or size in model.exact_sizes
