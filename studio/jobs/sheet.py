"""The contact sheet as a whole: how much is under way, and what a page has not seen yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.accounts.models import User
from studio.jobs.cards import Card, Comparison, Progress, make_cards, with_cards
from studio.jobs.models import Job, Submission
from studio.jobs.states import ACTIVE, Status

SEEN_LIMIT = 400
JOB_FACTS = (
    *("job__revision", "job__status", "job__provider", "job__model", "job__created_at"),
    *("job__key__is_sandbox", "job__key__is_paused", "job__key__deleted_at", "not_before"),
    *("job__owner_id", "job__key__is_shared", "job__key__owner__is_disabled"),
    "job__key__provider",
    *("job__key__pace__rests_until",),
)


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
    return {"live_count": _(", ").join(words)}


def in_front() -> QuerySet[Job]:
    """The jobs that have a place on the sheet: of a comparison, the newest that is not hidden."""
    newer = Job.objects.filter(
        comparison=OuterRef("comparison"), pk__gt=OuterRef("pk"), is_hidden=False
    )
    return Job.objects.filter(Q(comparison=None) | ~Exists(newer), is_hidden=False)


def others_of(cards: Iterable[Card], member: User, now: datetime) -> list[Card]:
    """The other cards of their comparisons, as far as they are on the sheet."""
    cards = [card for card in cards if card.comparison]
    if not cards:
        return []
    there = Job.objects.filter(comparison__in=[card.job.comparison for card in cards])
    others = there.filter(is_hidden=False).exclude(pk__in=[card.number for card in cards])
    return make_cards(with_cards(others), member, now)


def comparisons_on(cards: Iterable[Card]) -> list[Comparison]:
    """The comparisons of some cards, each once."""
    found = {card.comparison.uid: card.comparison for card in cards if card.comparison}
    return list(found.values())


def seen(texts: Iterable[str]) -> dict[int, str]:
    """What a page has of each unfinished job: texts like `Card.since`, by job number."""
    known = {}
    for text in list(texts)[:SEEN_LIMIT]:
        number = text.partition(".")[0]
        if number.isdecimal() and len(number) < 19:
            known[int(number)] = text
    return known


def moved_on(known: dict[int, str], member: User, now: datetime) -> list[Card]:
    """The cards of those jobs that look different by now; one query while none does."""
    stale = [one.job.pk for one in _glimpses(known, now) if known[one.job.pk] != one.since]
    return make_cards(with_cards(Job.objects.filter(pk__in=stale)), member, now) if stale else []


def _glimpses(numbers: Collection[int], now: datetime) -> list[Progress]:
    """As much of these jobs as tells whether their cards have changed, in one query."""
    rows = (
        Submission.objects.filter(job__in=numbers, is_superseded=False)
        .select_related("job__key__owner", "job__key__pace")
        .only("status", "count", "accepted_at", "progress", *JOB_FACTS)
        .order_by("job_id", "ordinal")
    )
    found = [list(group) for _job, group in groupby(rows if numbers else [], attrgetter("job_id"))]
    return [Progress(job=current[0].job, now=now, current=current) for current in found]
