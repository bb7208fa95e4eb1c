"""What can go wrong at a provider.

ProviderError
├── Refused              a definite no, nothing was charged
│   ├── BadOrder           the provider rejects what was asked
│   │   └── Unsupported      we know beforehand that it would
│   ├── BadKey             401 – pauses the key
│   ├── NoMoney            402 – pauses the key
│   ├── NoPermission       403, the plan is too small – pauses the key
│   ├── Blocked            content policy
│   ├── Limited            429 – wait, then again
│   │   └── Crowded          409 that means too many tasks, or a conflict – wait, not for ever
│   └── Busy               a 5xx in the provider's own words – again, a few times
├── Failed               accepted, worked on, and given up by the provider
├── UnknownTask          the provider does not know the ticket
└── BrokenAnswer         nothing that its document allows: the outcome is open

Each class knows whether a machine may try again, whether its key is to be paused, whether
something was charged, and one sentence for the person. `detail` holds the provider's own words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from studio.providers.words import gettext_noop

DETAIL_LIMIT = 500


class Charged(StrEnum):
    """Whether money went."""

    NO = "no"
    MAYBE = "maybe"


class ProviderError(Exception):
    """The provider could not be understood."""

    code: ClassVar[str] = "provider_error"
    message: ClassVar[str] = gettext_noop("The provider gave an answer that we do not understand.")
    may_retry: ClassVar[bool] = False
    pauses_key: ClassVar[bool] = False
    charged: ClassVar[Charged] = Charged.NO

    def __init__(
        self, *, detail: str = "", retry_after: float | None = None, **params: Any
    ) -> None:
        super().__init__(self.message)
        self.detail = detail.replace("\x00", "")[:DETAIL_LIMIT]
        self.retry_after = retry_after
        self.params = params


class Refused(ProviderError):
    """A definite no."""

    code = "refused"
    message = gettext_noop("The provider refused this order.")


class BadOrder(Refused):
    """The provider rejects what was asked."""

    code = "bad_order"
    message = gettext_noop(
        "The provider did not accept this order as it is. Change it and try again."
    )


class Unsupported(BadOrder):
    """The record of the model says that this cannot be fulfilled. params: field, and the limit."""

    code = "unsupported"
    message = gettext_noop("This model cannot do that.")

    def __init__(self, field: str, message: str, **params: Any) -> None:
        super().__init__(**params)
        self.field = field
        self.sentence = message


class BadKey(Refused):
    """401."""

    code = "bad_key"
    message = gettext_noop("The provider does not accept this key. Replace it on the keys page.")
    pauses_key = True


class NoMoney(Refused):
    """402."""

    code = "no_money"
    message = gettext_noop("The account behind this key has no money left. Top it up there.")
    pauses_key = True


class NoPermission(Refused):
    """403 for the plan."""

    code = "no_permission"
    message = gettext_noop("The plan behind this key does not include this.")
    pauses_key = True


class Blocked(Refused):
    """Content policy."""

    code = "blocked"
    message = gettext_noop(
        "The provider's content policy refused this. Reword it and send it again."
    )


class Limited(Refused):
    """429. retry_after: seconds, where told."""

    code = "limited"
    message = gettext_noop("The provider asks us to slow down.")
    may_retry = True


class Crowded(Limited):
    """Too many active tasks, or a conflict: the provider does not say which."""

    code = "crowded"
    message = gettext_noop("The provider says that too many orders of this key are under way.")


class Busy(Refused):
    """A server error in the provider's own envelope."""

    code = "busy"
    message = gettext_noop("The provider is busy. Try again in a while.")
    may_retry = True


# What these statuses mean wherever a document does not say otherwise.
USUAL: dict[int, type[ProviderError]] = {
    401: BadKey,
    402: NoMoney,
    403: NoPermission,
    429: Limited,
}


class Failed(ProviderError):
    """Accepted, worked on, and given up."""

    code = "failed"
    message = gettext_noop("The provider could not make this picture.")


class UnknownTask(ProviderError):
    """The ticket is not known (any more)."""

    code = "unknown_task"
    message = gettext_noop("The provider does not know this order any more.")
    charged = Charged.MAYBE


class BrokenAnswer(ProviderError):
    """Nothing that the document allows."""

    code = "broken_answer"
    message = gettext_noop(
        "The provider answered with something that its document does not describe."
    )
    charged = Charged.MAYBE
