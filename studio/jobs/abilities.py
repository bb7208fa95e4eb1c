"""What each provider can do: a table drawn from the records of all models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from studio.jobs.money import money, plain
from studio.markup import choice
from studio.providers.catalog import PROVIDERS
from studio.providers.models import MB, ImageModel, Price
from studio.vault.capability import limits_of
from studio.wording import joined


@dataclass(frozen=True, kw_only=True)
class Column:
    """One model. css: the end of `pv-…`."""

    css: str
    provider: str
    model: ImageModel


@dataclass(frozen=True, kw_only=True)
class Row:
    """One ability, and what each column has to say of it."""

    label: str | Promise
    cells: Sequence[tuple[Column, str]]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Pixels by ratio and resolution, or prices by resolution and quality."""

    head: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def columns() -> list[Column]:
    """All models of all providers."""
    return [
        Column(css=provider.name, provider=provider.label, model=model)
        for provider in PROVIDERS.values()
        for model in provider.models
    ]


def table(shown: Sequence[Column]) -> list[Row]:
    return [
        Row(label=label, cells=[(column, say(column.model) or "–") for column in shown])
        for label, say in ABILITIES
    ]


def pixel_grid(model: ImageModel) -> Grid | None:
    """The documented pixels; none where nothing is promised."""
    if not model.sizes:
        return None
    ratios = [ratio for ratio in model.ratios if any(key[0] == ratio for key in model.sizes)]
    resolutions = model.resolutions or ("",)
    return Grid(
        head=[choice(resolution) or _("Pixels") for resolution in resolutions],
        rows=[
            (choice(ratio), [_pixels(model, ratio, resolution) for resolution in resolutions])
            for ratio in ratios
        ],
    )


def _pixels(model: ImageModel, ratio: str, resolution: str) -> str:
    sizes = model.sizes.get((ratio, resolution), ())
    return _(" or ").join(f"{size.width} × {size.height}" for size in sizes) or "–"


def price_grid(model: ImageModel) -> Grid | None:
    """The provider's list, for one picture; none where its document has none."""
    if not model.prices:
        return None
    qualities = [quality for quality in model.qualities if _is_priced(model, quality)]
    resolutions = list(dict.fromkeys(resolution for resolution, _quality in model.prices))
    return Grid(
        head=[choice(quality) for quality in qualities],
        rows=[
            (
                choice(resolution) or _("Any size"),
                [price_text(model.prices.get((resolution, quality))) for quality in qualities],
            )
            for resolution in resolutions
        ],
    )


def _is_priced(model: ImageModel, quality: str) -> bool:
    return any(priced == quality for _resolution, priced in model.prices)


def price_text(price: Price | None, *, count: int = 1) -> str:
    """A listed price, times `count`: “$0.16”, “4 cr”, or a dash."""
    if price and price.amount is not None:
        return money(price.amount * count)
    if price and price.credits is not None:
        return _("%(n)s cr") % {"n": plain(price.credits * count)}
    return "–"


# One line of the table each ---------------------------------------------------------------------


def _listed(values: Iterable[str]) -> str:
    return _(", ").join(map(choice, values))


def _yes_no(*, is_so: bool) -> str:
    return _("yes") if is_so else _("no")


def _ratios(model: ImageModel) -> str:
    turned = [
        _("%(ratio)s comes out as %(other)s.") % {"ratio": ratio, "other": other}
        for ratio, other in model.aliases.items()
    ]
    return joined([_listed(model.ratios), f"({joined(turned)})" if turned else ""])


def _exact_sizes(model: ImageModel) -> str:
    if rule := model.size_rule:
        return _("multiples of %(multiple)s up to %(longest)s px, no longer than %(ratio)s:1") % {
            "multiple": rule.multiple,
            "longest": rule.longest,
            "ratio": rule.ratio,
        }
    return _("those of its table") if model.exact_sizes else ""


def _references(model: ImageModel) -> str:
    if not model.max_references:
        return _("none: text only")
    kinds = (kind.removeprefix("image/") for kind in model.reference_types)
    return _("%(n)s, %(megabytes)s MB each, %(kinds)s") % {
        "n": model.max_references,
        "megabytes": model.max_reference_bytes // MB,
        "kinds": _listed(kinds),
    }


def _count(model: ImageModel) -> str:
    words = [str(model.max_count)]
    if model.max_count_with_references:
        words.append(_("%(n)s with references") % {"n": model.max_count_with_references})
    if model.max_count_with_size:
        words.append(_("%(n)s with an exact size") % {"n": model.max_count_with_size})
    return _(", ").join(words)


def _prompt(model: ImageModel) -> str:
    if model.max_prompt is None:
        return _("not told")
    return _("%(n)s characters") % {"n": number_format(model.max_prompt, force_grouping=True)}


def _prices(model: ImageModel) -> str:
    listed = [price for price in model.prices.values() if price.amount is not None]
    if not listed:
        credits_ = [price for price in model.prices.values() if price.credits is not None]
        return (
            _("from %(price)s") % {"price": price_text(credits_[0])} if credits_ else _("not told")
        )
    ends = [min(listed, key=_amount), max(listed, key=_amount)]
    return "–".join(dict.fromkeys(price_text(price) for price in ends))


def _amount(price: Price) -> float:
    return float(price.amount or 0)


def _stay(model: ImageModel) -> str:
    if model.keeps_hours is None:
        return _("not told")
    return ngettext("%(n)s hour", "%(n)s hours", model.keeps_hours) % {"n": model.keeps_hours}


ABILITIES: list[tuple[str | Promise, Callable[[ImageModel], str]]] = [
    (gettext_lazy("Ratios"), _ratios),
    (gettext_lazy("Resolutions"), lambda model: _listed(model.resolutions)),
    (gettext_lazy("Exact sizes"), _exact_sizes),
    (gettext_lazy("Quality"), lambda model: _listed(model.qualities)),
    (gettext_lazy("Background"), lambda model: _listed(model.backgrounds)),
    (gettext_lazy("Format"), lambda model: _listed(model.output_formats)),
    (gettext_lazy("References"), _references),
    (gettext_lazy("Mask"), lambda model: _yes_no(is_so=model.has_mask)),
    (gettext_lazy("Pictures in one call"), _count),
    (gettext_lazy("Prompt"), _prompt),
    (gettext_lazy("Usual time"), lambda model: _("%(s)s s") % {"s": int(model.seconds.usual)}),
    (gettext_lazy("Price of a picture"), _prices),
    (gettext_lazy("Limits of a key"), lambda model: limits_of(model) or _("not told")),
    (
        gettext_lazy("Safe to send again"),
        lambda model: _yes_no(is_so=model.is_idempotent),
    ),
    (gettext_lazy("Pictures stay there"), _stay),
    (
        gettext_lazy("Official fallback"),
        lambda model: _yes_no(is_so=model.has_official_fallback),
    ),
]
