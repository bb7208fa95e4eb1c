"""Why a key does not work: what happened, what was charged, what to do. The only such table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Remedy(StrEnum):
    """The button beside the sentence."""

    NONE = ""
    REPLACE = "replace"
    TEST = "test"
    EDIT = "edit"
    RESUME = "resume"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """short: a few words for the row; sentence: with %(provider)s and %(host)s to fill in."""

    short: str | Promise
    sentence: str | Promise
    remedy: Remedy = Remedy.TEST
    is_bad: bool = True


TROUBLES = {
    "bad_key": Trouble(
        short=_("Key refused"),
        sentence=_(
            "%(provider)s does not accept this key. Orders for it wait in the queue; nothing was"
            " charged. Make a new key at %(provider)s and replace this one."
        ),
        remedy=Remedy.REPLACE,
    ),
    "no_money": Trouble(
        short=_("No money left"),
        sentence=_(
            "The account behind this key has no money left at %(provider)s. Orders for it wait in"
            " the queue; nothing was charged. Top it up there, then test the key."
        ),
    ),
    "no_permission": Trouble(
        short=_("Not in the plan"),
        sentence=_(
            "%(provider)s says that the plan behind this key does not include this. Orders for it"
            " wait in the queue; nothing was charged. Change the plan there, then test the key."
        ),
    ),
    "limited": Trouble(
        short=_("Asked to slow down"),
        sentence=_(
            "%(provider)s said that too many calls were made with this key. Nothing was charged,"
            " and orders go out as soon as they may. Test it again in a minute."
        ),
        is_bad=False,
    ),
    "busy": Trouble(
        short=_("Provider busy"),
        sentence=_(
            "%(provider)s said that it is busy. Nothing was charged, and the key may be fine."
            " Test it again in a while."
        ),
        is_bad=False,
    ),
    "broken_answer": Trouble(
        short=_("Answer not understood"),
        sentence=_(
            "%(host)s answered with something that %(provider)s does not document. Nothing was"
            " charged. Check the base URL, then test the key again."
        ),
    ),
    "never_connected": Trouble(
        short=_("Not reached"),
        sentence=_(
            "The studio could not connect to %(host)s. Nothing was sent and nothing was charged."
            " Check the base URL and this server's network, then test the key again."
        ),
    ),
    "forbidden_address": Trouble(
        short=_("Address not allowed"),
        sentence=_(
            "%(host)s leads to an address that this studio may not connect to. Nothing was sent"
            " and nothing was charged. Change the base URL."
        ),
        remedy=Remedy.EDIT,
    ),
    "answer_lost": Trouble(
        short=_("No answer"),
        sentence=_(
            "%(host)s took the call and did not answer it. A test charges nothing."
            " Test the key again in a while."
        ),
    ),
    "test_overdue": Trouble(
        short=_("Still no result"),
        sentence=_(
            "The test has not come back after a minute. Nothing was charged. The workers may be"
            " busy or stopped; your admin can see that at /healthz. Test the key again later."
        ),
        is_bad=False,
    ),
    "no_secret": Trouble(
        short=_("No key stored"),
        sentence=_(
            "The base URL was changed, so the key that belonged to the address before was erased."
            " Orders wait in the queue; nothing was charged. Enter the key again."
        ),
        remedy=Remedy.REPLACE,
    ),
    "cannot_open": Trouble(
        short=_("Cannot be opened"),
        sentence=_(
            "This key was stored, but it cannot be decrypted any more. Nothing was sent and"
            " nothing was charged. Enter the key again."
        ),
        remedy=Remedy.REPLACE,
    ),
    "no_master_key": Trouble(
        short=_("Cannot be opened"),
        sentence=_(
            "The studio's master key is missing, so no key can be decrypted. Nothing was sent and"
            " nothing was charged. Tell your admin."
        ),
        remedy=Remedy.NONE,
    ),
    "by_owner": Trouble(
        short=_("Paused"),
        sentence=_("This key is paused. Orders for it wait in the queue until it is resumed."),
        remedy=Remedy.RESUME,
        is_bad=False,
    ),
    "sandbox_off": Trouble(
        short=_("Sandbox switched off"),
        sentence=_(
            "This key belongs to the studio's own sandbox, which is switched off on this server."
            " Orders for it wait in the queue; nothing is charged."
        ),
        remedy=Remedy.NONE,
        is_bad=False,
    ),
}
TROUBLES["never_sent"] = TROUBLES["never_connected"]
TROUBLES["answer_too_large"] = TROUBLES["broken_answer"]
OTHER = Trouble(
    short=_("Test failed"),
    sentence=_(
        "%(provider)s did not accept the test. A test charges nothing. Read what it said below,"
        " then test the key again."
    ),
)

ALIKE = {"crowded": "limited", "timed_out": "answer_lost"}  # to the owner of a key


def trouble_of(code: str) -> Trouble:
    return TROUBLES.get(ALIKE.get(code, code), OTHER)
