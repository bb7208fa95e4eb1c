"""Unknown outcomes: look one up, or say what was charged. For owners of job or key, and admins."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from studio.accounts.requests import Request
from studio.jobs import outcomes
from studio.jobs.errors import TaskIdError
from studio.jobs.models import Decision, Submission
from studio.jobs.views.cards import card_or_page


@require_POST
def look_up(request: Request, pk: UUID) -> HttpResponse:
    """Ask the provider: by our id, or by the `task_id` that somebody found there."""
    submission = _submission(request, pk)
    try:
        outcomes.look_up(submission, by=request.user, task_id=request.POST.get("task_id", ""))
    except TaskIdError as error:
        messages.error(request, str(error.message))
    return card_or_page(request, submission.job)


@require_POST
def charged(request: Request, pk: UUID) -> HttpResponse:
    """It was charged, and nothing came."""
    submission = _submission(request, pk)
    return _told(
        request, submission, outcomes.decide(submission, Decision.CHARGED, by=request.user)
    )


@require_POST
def not_charged(request: Request, pk: UUID) -> HttpResponse:
    """It was not charged."""
    submission = _submission(request, pk)
    is_won = outcomes.decide(submission, Decision.NOT_CHARGED, by=request.user)
    return _told(request, submission, is_won)


@require_POST
def send_again(request: Request, pk: UUID) -> HttpResponse:
    """It was not charged, or will not be twice: once more."""
    submission = _submission(request, pk)
    return _told(request, submission, outcomes.send_again(submission, by=request.user))


def _submission(request: Request, pk: UUID) -> Submission:
    rows = Submission.objects.decidable_by(request.user).select_related("job__owner", "key__owner")
    return get_object_or_404(rows, pk=pk)


def _told(request: Request, submission: Submission, is_won: bool) -> HttpResponse:
    """The card as it is by now; on a page also that somebody else was first."""
    if not (is_won or request.htmx):
        messages.warning(request, _("This was decided already, or has been answered meanwhile."))
    return card_or_page(request, submission.job)
