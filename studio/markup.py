"""Small template tags that every room uses; built in, so no template loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from studio.accounts.models import User

register = template.Library()

AVATAR_TINTS = 6


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
