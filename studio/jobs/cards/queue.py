"""What a card says of an order that waits to go out: why, and until when."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from studio.jobs.cards.progress import Progress
from studio.vault.queries import Hurdle

HURDLES: dict[Hurdle, str | Promise] = {
    Hurdle.DELETED: gettext_lazy(
        "The key is gone. Nothing was charged. Remix this with another key."
    ),
    Hurdle.OWNER_DISABLED: gettext_lazy(
        "The key belongs to a member whose account is disabled, so nothing is sent with it."
        " Nothing was charged. Remix this with another key."
    ),
    Hurdle.NOT_SHARED: gettext_lazy(
        "The key is no longer shared with the team. Nothing was charged. Remix this with another"
        " key."
    ),
    Hurdle.SANDBOX_OFF: gettext_lazy(
        "The sandbox is switched off on this server. Nothing was charged. Remix this with another"
        " key."
    ),
    Hurdle.PAUSED: gettext_lazy(
        "The key is paused. Nothing is sent or charged until it is resumed."
    ),
}


def queue_headline(progress: Progress) -> str:
    if progress.hurdle:
        return _("Waiting for the key")
    if progress.waits_until:
        return _("Waiting for the provider")
    return _("In line") if progress.is_behind_others else _("Next in line")


def queue_explanation(progress: Progress) -> str:
    if progress.hurdle:
        return str(HURDLES[progress.hurdle])
    if until := progress.waits_until:
        return _next_try(max(1, int((until - progress.now).total_seconds())))
    if not progress.is_behind_others:
        return _("It goes out in a moment.")
    if limits := progress.job.key.limits:
        words = _("Others are ahead of it. This key does %(limits)s. Nothing was charged.")
        return words % {"limits": limits}
    return _("Others are ahead of it. Nothing was charged.")


def _next_try(seconds: int) -> str:
    """Minutes, where there are many seconds."""
    if seconds < 100:
        return _("Nothing was charged. Next try in %(s)s s.") % {"s": seconds}
    minutes = round(seconds / 60)
    words = ngettext(
        "Nothing was charged. Next try in %(n)s minute.",
        "Nothing was charged. Next try in %(n)s minutes.",
        minutes,
    )
    return words % {"n": minutes}
