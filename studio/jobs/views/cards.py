"""Cards: what changed since a page looked, and what members do to a job."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.requests import Request
from studio.jobs import actions, sheet
from studio.jobs.models import Job
from studio.jobs.views.sheet import cards_of, live_context


@require_safe
def changes(request: Request) -> HttpResponse:
    """The cards that have moved on, of those that the page says it has. 204: none has."""
    moving = sheet.seen(request.GET.getlist("since"))
    known = sheet.seen(request.GET.getlist("calm")) | moving
    moved = sheet.moved_on(known, request.user, timezone.now())
    if not moved:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    ended = {card.number for card in moved if card.number in moving and not card.is_unfinished}
    fresh = [replace(card, is_fresh=card.number in ended) for card in moved]
    # Where the last one has ended, the others of its comparison can be picked from now on.
    last = [card for card in moved if card.comparison and card.comparison.is_over]
    others = sheet.others_of(last, request.user, timezone.now())
    context = {"cards": fresh + others, "comparisons": sheet.comparisons_on(moved)}
    return render(request, "jobs/_changes.html", context | live_context(request))


@require_POST
def cancel(request: Request, uid: UUID) -> HttpResponse:
    """Take it back, or stop waiting."""
    job = get_object_or_404(Job, uid=uid, owner=request.user)
    actions.cancel(job, by=request.user)
    return card_or_page(request, job)


@require_POST
def retry(request: Request, uid: UUID) -> HttpResponse:
    """Order what did not come again."""
    job = get_object_or_404(Job, uid=uid, owner=request.user)
    actions.retry(job, by=request.user)
    return card_or_page(request, job)


@require_POST
def pick(request: Request, uid: UUID) -> HttpResponse:
    """The best of its comparison."""
    job = get_object_or_404(Job, uid=uid, owner=request.user)
    actions.pick(job)
    return card_or_page(request, job)


@require_POST
def hide(request: Request, uid: UUID) -> HttpResponse:
    """Off the sheet: the card goes, the job stays."""
    job = get_object_or_404(Job, uid=uid, owner=request.user)
    actions.hide(job)
    return HttpResponse() if request.htmx else redirect("studio")


def card_or_page(request: Request, job: Job) -> HttpResponse:
    """What an action answers: the card on the sheet, the job's page elsewhere."""
    if not request.htmx:
        return redirect("job", uid=job.uid)
    [card] = cards_of(request, Job.objects.filter(pk=job.pk))
    context = {
        "card": card,
        "others": sheet.others_of([card], request.user, timezone.now()),
        "comparisons": sheet.comparisons_on([card]),
    }
    return render(request, "jobs/_acted.html", context | live_context(request))
