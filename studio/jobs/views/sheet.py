"""What the views of the contact sheet share: whose cards, which page of them, what goes on."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from studio.accounts.requests import Request
from studio.jobs.cards import Card, make_cards, with_cards
from studio.jobs.models import Job
from studio.jobs.sheet import live_count

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
    """One page of cards, newest first, from ?before down."""
    scope = scope_of(request)
    jobs = Job.objects.filter(is_hidden=False).order_by("-id")
    if scope == "mine":
        jobs = jobs.filter(owner=request.user)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        jobs = jobs.filter(pk__lt=int(before))
    cards = cards_of(request, jobs[: PAGE + 1])
    older_url = ""
    if len(cards) > PAGE:
        cards = cards[:PAGE]
        older_url = f"{reverse('older-jobs')}?scope={scope}&before={cards[-1].number}"
    return {"cards": cards, "older_url": older_url, "scope": scope}


def cards_of(request: Request, jobs: QuerySet[Job]) -> list[Card]:
    """The cards of these jobs as the member sees them now."""
    return make_cards(with_cards(jobs), request.user, timezone.now())
