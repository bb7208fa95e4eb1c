"""The timeline of a job: each kind of event in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from studio.jobs.models import Event, Kind
from studio.jobs.sentences import sentence

Text = str | Promise

# Title, detail, dot. The facts of the event stand in for the names.
LINES: dict[Kind, tuple[Text, Text, str]] = {
    Kind.PLACED: (_("Placed"), _("by %(by)s in the studio"), ""),
    Kind.SENT: (_("Sent to %(provider)s"), _("key …%(key)s"), ""),
    Kind.ACCEPTED: (_("Developing"), _("%(provider)s took the order"), "safe"),
    Kind.PROVIDER_DONE: (_("Provider finished"), _("pictures: %(pictures)s"), "safe"),
    Kind.ARCHIVED: (_("Archived"), _("pictures kept: %(pictures)s, checksums match"), "ok"),
    Kind.PICTURES_LOST: (_("Pictures could not be saved"), "", "bad"),
    Kind.PUT_BACK: (
        _("Back in the queue"),
        _("%(reason)s It will be sent again, and is charged once."),
        "",
    ),
    Kind.LOST_TRACK: (_("Outcome unknown"), _("%(reason)s It was not sent again."), "bad"),
    Kind.FAILED: (_("Failed"), _("%(reason)s"), "bad"),
    Kind.BLOCKED: (_("Blocked"), _("%(reason)s"), "bad"),
    Kind.CANCELLED: (_("Cancelled"), _("by %(by)s, before it was sent"), ""),
    Kind.STOPPED_WAITING: (_("No longer waited for"), _("by %(by)s"), ""),
    Kind.RETRIED: (_("Ordered again"), _("by %(by)s"), ""),
    Kind.SOUGHT: (_("Looked up at %(provider)s"), _("by %(by)s"), ""),
    Kind.NOT_FOUND: (_("Not found"), _("%(reason)s"), ""),
    Kind.CHARGED: (_("Charged, without pictures"), _("decided by %(by)s"), "bad"),
    Kind.NOT_CHARGED: (_("Not charged"), _("decided by %(by)s"), ""),
    Kind.REPEATED: (
        _("Sent again under the same id"),
        _("by %(by)s; it is charged once"),
        "",
    ),
    Kind.ANSWERED_LATE: (_("Answered late"), _("%(provider)s made it after all"), "safe"),
    Kind.ASKED_AGAIN: (
        _("Asked for the pictures again"),
        _("the addresses that %(provider)s gave do not answer"),
        "",
    ),
    Kind.SET_ASIDE: (_("Not sent"), _("It came out of a backup and may have been sent since."), ""),
}
# Shorter than the sentence, where that speaks of what to do.
REASONS = {
    "interrupted": _("The studio was interrupted."),
    "stumbled": _("It broke the studio three times."),
    "stumbled_late": _("The provider's answers broke the studio three times."),
    "stumbled_sending": _("Sending it broke the studio three times."),
    "restored": _("It came out of a backup in the middle of sending."),
    "answer_lost": _("The connection dropped after sending."),
    "timed_out": _("No answer came in time."),
    "unknown_task": _("The provider does not know this order."),
    "answer_too_large": _("The answer was too long to be read."),
    "broken_answer": _("The answer could not be read."),
    "wire_error": _("The connection failed."),
    "provider_error": _("The answer could not be understood."),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as the page draws it."""

    at: datetime
    title: str
    detail: str
    dot: str


def timeline(events: Iterable[Event], *, provider: str) -> list[Line]:
    """The events of a job in words, oldest first."""
    return [_line(event, provider) for event in events]


def _line(event: Event, provider: str) -> Line:
    title, detail, dot = LINES[Kind(event.kind)]
    facts = {"provider": provider, **event.facts}
    if code := event.facts.get("reason"):
        headline = _("%(headline)s.") % {"headline": sentence(code, provider=provider).headline}
        facts["reason"] = str(REASONS.get(code) or headline)
    return Line(at=event.at, title=str(title) % facts, detail=str(detail) % facts, dot=dot)
