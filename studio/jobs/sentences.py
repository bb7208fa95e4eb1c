"""What went wrong, in words for a person: what happened, what was charged, what to do.

One row per error code, whoever raised it. `%(provider)s` is the provider's label.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from studio.jobs.errors import PictureError


class Sentence(NamedTuple):
    """A headline, an explanation and an icon. may_have_cost: doing it again may cost it again."""

    headline: str | Promise
    text: str | Promise
    icon: str = "circle-alert"
    may_have_cost: bool = False


NOBODY_KNOWS = _("We do not know what happened")


SENTENCES: dict[str, Sentence] = {
    "bad_order": Sentence(
        _("The order was refused"),
        _(
            "%(provider)s did not accept this order as it is. Nothing was charged. Change it and try again."
        ),
    ),
    "unsupported": Sentence(
        _("The order was refused"),
        _("%(provider)s does not offer this. Nothing was charged. Change it and try again."),
    ),
    "refused": Sentence(
        _("The order was refused"),
        _("%(provider)s refused this order. Nothing was charged."),
    ),
    "bad_key": Sentence(
        _("The key was refused"),
        _(
            "%(provider)s does not accept this key any more. Nothing was charged. The key is paused until its owner replaces it."
        ),
        "key-round",
    ),
    "no_money": Sentence(
        _("The account is empty"),
        _(
            "The account behind this key has no money left at %(provider)s. Nothing was charged. Top it up there, then test the key."
        ),
        "wallet",
    ),
    "no_permission": Sentence(
        _("The plan is too small"),
        _("The plan behind this key does not include this at %(provider)s. Nothing was charged."),
        "shield-alert",
    ),
    "blocked": Sentence(
        _("Blocked by the content policy"),
        _("%(provider)s refused this prompt. Nothing was charged. Reword it and send it again."),
        "shield-alert",
    ),
    "busy": Sentence(
        _("The provider is busy"),
        _(
            "%(provider)s answered “busy” every time we asked. Nothing was charged. Try again in a while."
        ),
        "cloud-off",
    ),
    "limited": Sentence(
        _("The provider asks us to slow down"),
        _(
            "%(provider)s limits how often this key may be used. Nothing was charged. It goes out as soon as it may."
        ),
        "clock",
    ),
    "crowded": Sentence(
        _("The provider has too many orders"),
        _(
            "%(provider)s said again and again that too many orders of this key are under way, or that this one conflicts with another. Nothing was charged. Try again when others are done."
        ),
        "clock",
    ),
    "never_sent": Sentence(
        _("The provider cannot be reached"),
        _(
            "No connection to %(provider)s could be made. Nothing was sent and nothing was charged. Try again in a while."
        ),
        "cloud-off",
    ),
    "forbidden_address": Sentence(
        _("This address is not allowed"),
        _(
            "The key's base URL leads to an address that this studio may not connect to. Nothing was charged. Its owner can change it on the keys page."
        ),
        "shield-alert",
    ),
    "failed": Sentence(
        _("The provider could not make it"),
        _(
            "%(provider)s worked on this order and gave it up. It reported no charge. Try again, or reword it."
        ),
    ),
    "unknown_task": Sentence(
        _("The provider lost this order"),
        _(
            "%(provider)s does not know this order any more. It may have charged for it: check your account there before you try again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "pictures_lost": Sentence(
        _("The pictures could not be saved"),
        _(
            "%(provider)s finished and may have charged, but its pictures could not be fetched. The provider's link may still work."
        ),
        "cloud-off",
        may_have_cost=True,
    ),
    "no_secret": Sentence(
        _("The key has no secret"),
        _(
            "The key for %(provider)s needs its secret again. Nothing was charged. Its owner can enter it on the keys page."
        ),
        "key-round",
    ),
    "key_deleted": Sentence(
        _("The key is gone"),
        _(
            "The key for %(provider)s was deleted before this was sent. Nothing was charged. Remix it with another key."
        ),
        "key-round",
    ),
    "key_deleted_late": Sentence(
        _("The key is gone"),
        _(
            "The key was deleted while %(provider)s was at work, so nobody can ask for the pictures. It may have charged: look into your account there."
        ),
        "key-round",
        may_have_cost=True,
    ),
    "provider_gone": Sentence(
        _("The provider is gone"),
        _(
            "This studio does not work with %(provider)s any more. Nothing was sent and nothing was charged. Remix it with another key."
        ),
        "cloud-off",
    ),
    "provider_gone_late": Sentence(
        _("The provider is gone"),
        _(
            "This studio does not work with %(provider)s any more, so nobody can ask for the pictures. It may have charged: look into your account there."
        ),
        "cloud-off",
        may_have_cost=True,
    ),
    "stopped_waiting": Sentence(
        _("No longer waited for"),
        _("This was already with %(provider)s, which may still charge for it."),
        "ban",
        may_have_cost=True,
    ),
    "charged": Sentence(
        _("Charged, without pictures"),
        _(
            "A member found that %(provider)s charged for this, and no picture came. Ordering it again may cost the same once more."
        ),
        "wallet",
        may_have_cost=True,
    ),
    "not_charged": Sentence(
        _("It never arrived"),
        _(
            "A member found that %(provider)s did not take this order. Nothing was charged. Try again."
        ),
        "unplug",
    ),
    "answer_lost": Sentence(
        NOBODY_KNOWS,
        _(
            "The connection dropped after sending. %(provider)s may have charged for this: check your account there before you send it again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "timed_out": Sentence(
        NOBODY_KNOWS,
        _(
            "%(provider)s took the order and did not answer in time. It may have charged for this: check your account there before you send it again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "answer_too_large": Sentence(
        NOBODY_KNOWS,
        _(
            "The answer was too long to be read. %(provider)s may have charged for this: check your account there before you send it again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "broken_answer": Sentence(
        NOBODY_KNOWS,
        _(
            "The answer could not be read. %(provider)s may have charged for this: check your account there before you send it again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "interrupted": Sentence(
        NOBODY_KNOWS,
        _(
            "The studio was interrupted while it was sending. %(provider)s may have charged for this: check your account there before you send it again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "restored": Sentence(
        _("Not sent from here"),
        _(
            "This order came out of a backup. The studio that the backup was taken from may have sent it since, and %(provider)s may have charged for it: check your account there before you send it again."
        ),
        "history",
        may_have_cost=True,
    ),
    "stumbled": Sentence(
        _("The studio stumbled over this order"),
        _(
            "Something in this order broke the studio three times, so it was given up. It never reached %(provider)s and nothing was charged. Tell an admin, or change it and try again."
        ),
    ),
    "stumbled_late": Sentence(
        _("The studio stumbled over this order"),
        _(
            "%(provider)s took this order, but its answers broke the studio three times, so it is no longer asked. It may have charged: look into your account there, and tell an admin."
        ),
        may_have_cost=True,
    ),
    "stumbled_sending": Sentence(
        NOBODY_KNOWS,
        _(
            "Sending this broke the studio three times. %(provider)s may have charged for this: check your account there before you send it again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "wire_error": Sentence(
        NOBODY_KNOWS,
        _(
            "The connection failed. %(provider)s may have charged for this: check your account there before you send it again."
        ),
        "unplug",
        may_have_cost=True,
    ),
    "provider_error": Sentence(
        _("Something went wrong"),
        _(
            "%(provider)s gave an answer that we do not understand. Check your account there before you try again."
        ),
        may_have_cost=True,
    ),
}

PICTURE_ERRORS: list[type[PictureError]] = [PictureError, *PictureError.__subclasses__()]
# Why a picture is not there: a reference in the tray, or one that a provider made.
PICTURES: dict[str, str | Promise] = {
    "fetch_failed": _("No picture came from this address."),
    "stumbled": _("This picture broke the studio three times when it was to be saved."),
    **{error.code: error.message for error in PICTURE_ERRORS},
}


def sentence(error_code: str, *, provider: str) -> Sentence:
    """The words for an error code, with the provider's name in them."""
    found = SENTENCES.get(error_code, SENTENCES["provider_error"])
    text = str(found.text) % {"provider": provider}
    return found._replace(headline=str(found.headline), text=text)


def picture_sentence(error_code: str) -> str:
    """The words for a picture that is not there."""
    return str(PICTURES.get(error_code, PictureError.message))
