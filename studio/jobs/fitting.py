"""Which providers could fulfil an order, and why others could not take its pictures."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.providers.catalog import PROVIDERS
from studio.providers.models import ImageModel
from studio.providers.orders import Order
from studio.providers.shared import spelled
from studio.vault.models import ProviderKey

PICTURES = ("references", "mask")


def who_could(order: Order, keys: Iterable[ProviderKey], *, but: Iterable[ProviderKey]) -> str:
    """“APIModels could do this.”: other providers, of the keys at hand, that take it all."""
    refused = {key.provider for key in but}
    names = dict.fromkeys(
        key.provider for key in keys if not key.is_paused and key.provider not in refused
    )
    able = [PROVIDERS[name].label for name in names if _could(order, PROVIDERS[name].models)]
    return _("%(providers)s could do this.") % {"providers": _(", ").join(able)} if able else ""


def _could(order: Order, models: Iterable[ImageModel]) -> bool:
    return any(not is_refused(order, model) for model in models)


def is_refused(order: Order, model: ImageModel) -> bool:
    """Whether anything but a prompt that is still to be written keeps the model from it."""
    problems = model.problems(spelled(order, model))
    return any(one.field != "prompt" or order.prompt.strip() for one in problems)


def obstacle(order: Order, model: ImageModel) -> str:
    """Why a model cannot take the pictures in the tray; empty where it can."""
    found = next((one for one in model.problems(order) if one.field in PICTURES), None)
    if found is None:
        return ""
    count, limit = len(order.references), model.max_references
    if count and not limit:
        return _("Text only: it cannot use reference pictures.")
    if count > limit:
        words = ngettext(
            "Takes %(limit)s reference picture; you have %(count)s.",
            "Takes %(limit)s reference pictures; you have %(count)s.",
            limit,
        )
        return words % {"limit": limit, "count": count}
    return _(found.sentence) % found.params
