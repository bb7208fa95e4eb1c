"""What a provider can do, in one line drawn from the records of its models."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.providers.catalog import PROVIDERS
from studio.providers.models import ImageModel


def capability(provider: str) -> str:
    """“1K–4K, 15 ratios · 16 references · …”; empty for a provider that is no longer there."""
    found = PROVIDERS.get(provider)
    return " · ".join(_abilities(found.models[0])) if found else ""


def limits(provider: str) -> str:
    """Of one key: “5 at a time, 600 calls an hour”; empty where nothing is told."""
    found = PROVIDERS.get(provider)
    return limits_of(found.models[0]) if found else ""


def limits_of(model: ImageModel) -> str:
    words = []
    if model.max_concurrent:
        words.append(_("%(n)s at a time") % {"n": model.max_concurrent})
    if model.calls_per_hour:
        words.append(_("%(n)s calls an hour") % {"n": model.calls_per_hour})
    return _(", ").join(words)


def _abilities(model: ImageModel) -> Iterator[str]:
    """The most telling ones of a provider's first model."""
    yield _(", ").join(_sizes(model))
    if model.max_references:
        yield ngettext("%(n)s reference", "%(n)s references", model.max_references) % {
            "n": model.max_references
        }
    else:
        yield _("text only")
    if model.max_count > 1:
        yield _("up to %(n)s pictures at once") % {"n": model.max_count}
    if model.has_mask:
        yield _("mask")
    if "transparent" in model.backgrounds:
        yield _("transparent background")
    if model.has_official_fallback:
        yield _("official fallback")
    if model.keeps_hours:
        yield _("pictures stay %(n)s h") % {"n": model.keeps_hours}


def _sizes(model: ImageModel) -> Iterator[str]:
    if model.resolutions:
        ends = dict.fromkeys((model.resolutions[0].upper(), model.resolutions[-1].upper()))
        yield "–".join(ends)
    ratios = [ratio for ratio in model.ratios if ratio != "auto"]
    if ratios:
        yield ngettext("%(n)s ratio", "%(n)s ratios", len(ratios)) % {"n": len(ratios)}
