"""The contact sheet as a whole: how much is under way, and what a page has not seen yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.accounts.models import User
from studio.jobs.cards import Card, make_cards, with_cards
from studio.jobs.models import Job
from studio.jobs.states import ACTIVE, Status

SEEN_LIMIT = 400


def live_count(member: User, scope: str) -> dict[str, object]:
    """“2 developing, 1 waiting” for the head of the sheet, and whether to go on watching."""
    jobs = Job.objects.filter(status__in=ACTIVE, is_hidden=False)
    if scope == "mine":
        jobs = jobs.filter(owner=member)
    waiting = Q(status=Status.QUEUED)
    found = jobs.aggregate(
        waiting=Count("pk", filter=waiting), developing=Count("pk", filter=~waiting)
    )
    words = []
    if found["developing"]:
        words.append(
            ngettext("%(n)s developing", "%(n)s developing", found["developing"])
            % {"n": found["developing"]}
        )
    if found["waiting"]:
        words.append(
            ngettext("%(n)s waiting", "%(n)s waiting", found["waiting"]) % {"n": found["waiting"]}
        )
    return {"live_count": _(", ").join(words), "is_watching": bool(words)}


def seen(texts: Iterable[str]) -> dict[int, str]:
    """What a page has of each unfinished job: texts like `Card.since`, by job number."""
    known = {}
    for text in list(texts)[:SEEN_LIMIT]:
        number = text.partition(".")[0]
        if number.isdecimal() and len(number) < 19:
            known[int(number)] = text
    return known


def moved_on(known: dict[int, str], member: User, now: datetime) -> list[Card]:
    """The cards of the jobs that look different by now."""
    revisions = Job.objects.filter(pk__in=known).values_list("pk", "revision", "status")
    stale = [
        number
        for number, revision, status in revisions
        if not known[number].startswith(f"{number}.{revision}.") or status == Status.RUNNING
    ]
    jobs = with_cards(Job.objects.filter(pk__in=stale)) if stale else Job.objects.none()
    return [card for card in make_cards(jobs, member, now) if card.since != known[card.number]]
