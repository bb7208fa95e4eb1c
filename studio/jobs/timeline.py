"""The timeline of a job: each kind of event in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from studio.jobs.models import Event
from studio.jobs.sentences import sentence

# kind: (title, detail, dot)
LINES: dict[str, tuple[Any, Any, str]] = {
    "placed": (_("Placed"), _("by %(by)s in the studio"), ""),
    "sent": (_("Sent to %(provider)s"), _("key …%(key)s"), ""),
    "accepted": (_("Developing"), _("%(provider)s took the order"), "safe"),
    "provider_done": (_("Provider finished"), _("pictures: %(pictures)s"), "safe"),
    "archived": (_("Archived"), _("pictures kept: %(pictures)s, checksums match"), "ok"),
    "pictures_lost": (_("Pictures could not be saved"), "", "bad"),
    "put_back": (_("Back in the queue"), _("%(reason)s Nothing was charged."), ""),
    "lost_track": (_("Outcome unknown"), _("%(reason)s It was not sent again."), "bad"),
    "failed": (_("Failed"), _("%(reason)s"), "bad"),
    "blocked": (_("Blocked"), _("%(reason)s"), "bad"),
    "cancelled": (_("Cancelled"), _("by %(by)s, before it was sent"), ""),
    "stopped_waiting": (_("No longer waited for"), _("by %(by)s"), ""),
    "retried": (_("Ordered again"), _("by %(by)s"), ""),
}
REASONS = {
    "interrupted": _("The studio was interrupted."),
    "answer_lost": _("The connection dropped after sending."),
    "broken_answer": _("The answer could not be read."),
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
    title, detail, dot = LINES[event.kind]
    facts = {"provider": provider, **event.facts}
    if code := event.facts.get("reason"):
        facts["reason"] = str(REASONS.get(code) or f"{sentence(code, provider=provider).headline}.")
    return Line(at=event.at, title=str(title) % facts, detail=str(detail) % facts, dot=dot)
