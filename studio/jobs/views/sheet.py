"""What the views of the contact sheet share: whose cards, which page of them, what goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from studio.accounts.requests import Request
from studio.jobs.cards import Card, arranged, make_cards, with_cards
from studio.jobs.models import Job
from studio.jobs.sheet import in_front, live_count

PAGE = 24


def scope_of(request: Request) -> str:
    """Whose jobs the sheet shows: “mine” or “everyone”. A fragment asks for the page around it."""
    around = parse_qs(urlsplit(request.htmx.current_url or "").query)
    asked = request.GET.get("scope") or "".join(around.get("scope", []))
    return "mine" if asked == "mine" else "everyone"


def live_context(request: Request) -> dict[str, Any]:
    """How much is under way, for the head of the sheet."""
    scope = scope_of(request)
    return {"scope": scope, **live_count(request.user, scope)}


def sheet_context(request: Request) -> dict[str, Any]:
    """One page of places, newest first, from ?before down. A comparison takes one."""
    scope = scope_of(request)
    jobs = in_front().order_by("-id")
    if scope == "mine":
        jobs = jobs.filter(owner=request.user)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        jobs = jobs.filter(pk__lt=int(before))
    fronts = list(jobs.values_list("pk", "comparison")[: PAGE + 1])
    older_url = ""
    if len(fronts) > PAGE:
        fronts = fronts[:PAGE]
        older_url = f"{reverse('older-jobs')}?scope={scope}&before={fronts[-1][0]}"
    return {"places": places_of(request, fronts), "older_url": older_url, "scope": scope}


def places_of(request: Request, fronts: Iterable[tuple[int, UUID | None]]) -> list[list[Card]]:
    """Jobs by number with all that they are compared with, in the order in which they come."""
    ranks = {comparison or pk: rank for rank, (pk, comparison) in enumerate(fronts)}
    known = Q(pk__in=[one for one in ranks if isinstance(one, int)])
    compared = Q(comparison__in=[one for one in ranks if isinstance(one, UUID)], is_hidden=False)
    cards = cards_of(request, Job.objects.filter(known | compared).order_by("pk"))
    places = arranged(cards)
    return sorted(places, key=lambda place: ranks[place[0].job.comparison or place[0].number])


def cards_of(request: Request, jobs: QuerySet[Job]) -> list[Card]:
    """The cards of these jobs as the member sees them now."""
    return make_cards(with_cards(jobs), request.user, timezone.now())
