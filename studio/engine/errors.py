"""What can go wrong between the studio and another host.

WireError
├── NeverSent            no connection stood: nothing of the order has left, nothing was charged
│   └── Forbidden          the address is not one that the studio connects to
├── AnswerLost           a connection stood and no whole answer came: the outcome is open
│   ├── TimedOut           it did not come before the deadline
│   └── TooLarge           the answer was longer than it may be
└── FetchError           a picture did not come; is_final: trying again changes nothing

NoRoom                   what came could not be written down: no fault of picture or host

Each class has a code for the row and one sentence for the person. `detail` names the fault for
the log; addresses never stand in it, for they may hold a signature.
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class WireError(Exception):
    """The other host could not be talked to."""

    code: ClassVar[str] = "wire_error"
    message: str | Promise = _("The other server could not be talked to.")

    def __init__(self, *, detail: str = "", message: str | Promise = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.message = message or self.message


class NeverSent(WireError):
    """No connection: it may be tried again."""

    code = "never_sent"
    message = _("The provider could not be reached. Nothing was sent and nothing was charged.")


class Forbidden(NeverSent):
    """Refused by us, before any connection."""

    code = "forbidden_address"
    message = _("The studio does not connect to this address. Nothing was sent.")


class AnswerLost(WireError):
    """Sent, perhaps, and no whole answer."""

    code = "answer_lost"
    message = _(
        "The connection broke before the answer came. The provider may have charged for it."
    )


class TimedOut(AnswerLost):
    """The deadline passed."""

    code = "timed_out"
    message = _("No answer came in time. The provider may have charged for it.")


class TooLarge(AnswerLost):
    """Cut off by us."""

    code = "answer_too_large"
    message = _("The provider's answer was too large to be read. It may have charged for it.")


class FetchError(WireError):
    """status: what the host answered, 0 without an answer."""

    code = "fetch_failed"
    message = _("The picture could not be fetched.")

    def __init__(
        self,
        *,
        status: int = 0,
        is_final: bool = False,
        detail: str = "",
        message: str | Promise = "",
    ) -> None:
        super().__init__(detail=detail, message=message)
        self.status = status
        self.is_final = is_final


class NoRoom(Exception):
    """The disk takes nothing just now."""
