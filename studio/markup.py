"""Small template tags that every room uses; built in, so no template loads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from studio.providers.catalog import PROVIDERS
from studio.wording import joined

if TYPE_CHECKING:
    from studio.accounts.models import User
    from studio.vault.models import ProviderKey

register = template.Library()

AVATAR_TINTS = 6
MINUTE, HOUR, DAY = 60, 3_600, 86_400
# What models call their choices, and what people read.
CHOICES = {
    "auto": gettext_lazy("Auto"),
    "low": gettext_lazy("Low"),
    "medium": gettext_lazy("Medium"),
    "high": gettext_lazy("High"),
    "opaque": gettext_lazy("Opaque"),
    "transparent": gettext_lazy("Transparent"),
    "webp": "WebP",
}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite `static/icons.svg`; `extra` are further classes."""
    classes = f"i {extra}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def avatar(user: User, extra: str = "") -> SafeString:
    """A member's initials on their colour."""
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>',
        f"av av-{user.pk % AVATAR_TINTS + 1} {extra}".strip(),
        user.initials,
    )


@register.filter
def choice(value: str) -> str:
    """A model's choice as people read it: “Auto”, “2K”, “16:9”."""
    return str(CHOICES.get(value, value.upper()))


@register.filter
def shape(ratio: str) -> str:
    """The classes that draw a ratio: “3:2” is `ar-3-2`, “auto” a dashed square."""
    return "ar-1-1 auto" if ratio == "auto" else f"ar-{ratio.replace(':', '-')}"


@register.filter
def wide_first(ratios: Iterable[str]) -> list[str]:
    """Upright ratios after the others, so that each kind stands together."""
    return sorted(ratios, key=_is_upright)


def _is_upright(ratio: str) -> bool:
    width, _colon, height = ratio.partition(":")
    return bool(height) and int(width) < int(height)


@register.filter
def tint(key: ProviderKey) -> str:
    """The end of the class `pv-*` that holds a key's colour."""
    return "demo" if key.is_sandbox else key.provider


@register.filter
def offers(key: ProviderKey) -> str:
    """In one line, what a key's model can do: “1K–4K · 15 ratios · 16 references”."""
    provider = PROVIDERS.get(key.provider)
    if provider is None:
        return ""
    model = provider.models[0]
    ratios = len([ratio for ratio in model.ratios if ratio != "auto"])
    words = [
        "–".join(
            dict.fromkeys(choice(end) for end in (model.resolutions[:1] + model.resolutions[-1:]))
        ),
        ngettext("%(n)s ratio", "%(n)s ratios", ratios) % {"n": ratios},
    ]
    if used := model.max_references:
        words.append(ngettext("%(n)s reference", "%(n)s references", used) % {"n": used})
    if model.has_mask:
        words.append(_("mask"))
    return " · ".join(word for word in words if word)


@register.filter
def sentences(said: Iterable[object]) -> str:
    """Sentences one after the other."""
    return joined(said)


@register.simple_tag
def say(*said: object) -> str:
    """Sentences one after the other, given one by one."""
    return joined(said)


@register.filter
def until(moment: datetime) -> str:
    """How long something still lasts, in one short word."""
    return _span(max(MINUTE, int((moment - timezone.now()).total_seconds())))


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """How long ago, in one short word; js/page.js keeps it true."""
    return format_html(
        '<time data-ago datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        timezone.localtime(moment).strftime("%Y-%m-%d %H:%M %Z"),
        _age(int((timezone.now() - moment).total_seconds())),
    )


@register.simple_tag
def ages() -> SafeString:
    """How `ago` says one of each unit, for js/page.js to put its numbers in."""
    pattern = 'data-minute="{}" data-hour="{}" data-day="{}"'
    return format_html(pattern, *map(_age, (MINUTE, HOUR, DAY)))


def _age(seconds: int) -> str:
    if seconds < MINUTE:
        return _("just now")
    return pgettext("how long ago", "%(time)s") % {"time": _span(seconds)}


def _span(seconds: int) -> str:
    if seconds < HOUR:
        return _("%(n)s min") % {"n": seconds // MINUTE}
    if seconds < DAY:
        return _("%(n)s h") % {"n": seconds // HOUR}
    return _("%(n)s d") % {"n": seconds // DAY}
