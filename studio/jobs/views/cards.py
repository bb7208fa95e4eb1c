"""Cards: what changed since a page looked, and what members do to a job."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from studio.accounts.requests import Request
from studio.jobs import actions
from studio.jobs.cards import Card, make_cards, with_cards
from studio.jobs.models import Job
from studio.jobs.sheet import live_count, moved_on, seen

NO_CONTENT = 204
STOP_POLLING = 286


@require_GET
def changes(request: Request) -> HttpResponse:
    """The cards that have moved on. 204: none has; 286 tells htmx that none will any more."""
    known = seen(request.GET.getlist("since"))
    moved = moved_on(known, request.user, timezone.now())
    if not moved:
        return HttpResponse(status=NO_CONTENT if known else STOP_POLLING)
    fresh = [replace(card, is_fresh=not card.is_unfinished) for card in moved]
    is_over = len(moved) == len(known) and not any(card.is_unfinished for card in fresh)
    scope = "mine" if request.GET.get("scope") == "mine" else "everyone"
    context = {"cards": fresh, **live_count(request.user, scope)}
    return render(request, "jobs/_changes.html", context, status=STOP_POLLING if is_over else 200)


@require_POST
def cancel(request: Request, uid: UUID) -> HttpResponse:
    """Take it back, or stop waiting."""
    job = get_object_or_404(Job, uid=uid, owner=request.user)
    actions.cancel(job, by=request.user)
    return _card_or_page(request, job)


@require_POST
def retry(request: Request, uid: UUID) -> HttpResponse:
    """Order what did not come again."""
    job = get_object_or_404(Job, uid=uid, owner=request.user)
    actions.retry(job, by=request.user)
    return _card_or_page(request, job)


@require_POST
def hide(request: Request, uid: UUID) -> HttpResponse:
    """Off the sheet: the card goes, the job stays."""
    job = get_object_or_404(Job, uid=uid, owner=request.user)
    actions.hide(job)
    return HttpResponse() if request.htmx else redirect("studio")


def _card_or_page(request: Request, job: Job) -> HttpResponse:
    if not request.htmx:
        return redirect("job", uid=job.uid)
    card: Card = make_cards(
        with_cards(Job.objects.filter(pk=job.pk)), request.user, timezone.now()
    )[0]
    context = {"card": card, **live_count(request.user, "everyone")}
    return render(request, "jobs/_acted.html", context)
