"""An exact size while it is typed: the rule, what is wrong with it, and what it is billed as."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from studio.jobs.abilities import price_text
from studio.markup import choice
from studio.providers.models import ImageModel, SizeRule
from studio.providers.orders import Order, Size
from studio.wording import joined


@dataclass(frozen=True, kw_only=True)
class SizeNote:
    words: str
    is_wrong: bool = False


def size_note(model: ImageModel, order: Order) -> SizeNote:
    """What stands under the fields of an exact size."""
    if order.size is None:
        return SizeNote(words=_rule(model))
    if order.size in model.exact_sizes or (model.size_rule and model.size_rule.allows(order.size)):
        return SizeNote(words=_billing(model, order))
    if model.size_rule is None:
        words = _("%(size)s is not in the provider's table.") % {"size": _pixels(order.size)}
        near = _nearest(model, order.size)
        return SizeNote(words=joined([words, _suggestion(near)]), is_wrong=True)
    return SizeNote(words=_faults(model.size_rule, order.size), is_wrong=True)


def _rule(model: ImageModel) -> str:
    if (rule := model.size_rule) is None:
        return _("One of the sizes in the provider's table. Leave it empty to use the ratio.")
    return _(
        "Multiples of %(multiple)s, longer side at most %(longest)s, no longer than %(ratio)s:1,"
        " %(fewest)s to %(most)s pixels in all."
    ) % {
        "multiple": rule.multiple,
        "longest": rule.longest,
        "ratio": rule.ratio,
        "fewest": _number(rule.fewest_pixels),
        "most": _number(rule.most_pixels),
    }


def _billing(model: ImageModel, order: Order) -> str:
    """What a size that is made costs, where the provider bills by size."""
    tier, price = model.tier(order), model.price(order)
    if not (tier and price):
        return _("%(size)s can be made.") % {"size": _pixels(order.size)}
    return _("Billed as %(tier)s: %(price)s a picture.") % {
        "tier": choice(tier),
        "price": price_text(price),
    }


def _faults(rule: SizeRule, size: Size) -> str:
    pixels = {"has": _number(size.width * size.height)}
    words = {
        "multiple": _("Multiples of %(multiple)s only.") % {"multiple": rule.multiple},
        "longest": _("The longer side has at most %(longest)s pixels.") % {"longest": rule.longest},
        "ratio": _("The longer side is at most %(ratio)s times the shorter one.")
        % {"ratio": rule.ratio},
        "fewest_pixels": _("At least %(fewest)s pixels in all; this has %(has)s.")
        % {**pixels, "fewest": _number(rule.fewest_pixels)},
        "most_pixels": _("At most %(most)s pixels in all; this has %(has)s.")
        % {**pixels, "most": _number(rule.most_pixels)},
    }
    near = rule.rounded(size)
    suggestion = _suggestion(near) if rule.allows(near) else ""
    return joined([*(words[fault] for fault in rule.faults(size)), suggestion])


def _nearest(model: ImageModel, size: Size) -> Size:
    """The listed size that is most like this one."""
    return min(
        model.exact_sizes,
        key=lambda one: (abs(one.width - size.width) + abs(one.height - size.height), one),
    )


def _suggestion(size: Size) -> str:
    return _("%(size)s would do.") % {"size": _pixels(size)}


def _pixels(size: Size | None) -> str:
    return f"{size.width} × {size.height}" if size else ""


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
