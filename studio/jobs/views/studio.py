"""The studio page: the composer and the contact sheet."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.accounts.requests import Request
from studio.jobs import actions
from studio.jobs.cards import make_cards, with_cards
from studio.jobs.composer import composer_context, open_composer
from studio.jobs.forms import OrderForm
from studio.jobs.models import Job
from studio.jobs.sheet import live_count
from studio.jobs.views.references import take_files

PAGE = 24


@require_GET
def studio(request: Request) -> HttpResponse:
    """The composer and the newest cards. With htmx and ?remix: the composer alone."""
    remix = _remixed(request)
    references = request.GET.getlist("reference")
    context = composer_context(open_composer(request.user, remix, references))
    if request.htmx and remix:
        return render(request, "jobs/_composer.html", context)
    context |= _sheet(request) | live_count(request.user, _scope(request))
    return render(request, "jobs/studio.html", context | {"has_sandbox": settings.STUDIO_SANDBOX})


@require_GET
def older(request: Request) -> HttpResponse:
    """The next cards down the sheet."""
    return render(request, "jobs/_older.html", _sheet(request))


@require_http_methods(["GET", "POST"])
def options(request: Request) -> HttpResponse:
    """What the chosen key's model offers, while the member is choosing."""
    form = OrderForm(request.POST or request.GET, member=request.user)
    return render(request, "jobs/_options.html", composer_context(form))


@require_POST
def place(request: Request) -> HttpResponse:
    """Place an order: its card, or the composer again with what is wrong."""
    form = OrderForm(_with_uploads(request), member=request.user)
    if not form.is_valid():
        return _composer_again(request, form)
    job = actions.place(
        request.user,
        key=form.cleaned_data["key"],
        order=form.cleaned_data["order"],
        form_token=form.cleaned_data["form_token"],
        references=form.references(),
        made_from=form.source(),
    )
    if not request.htmx:
        return redirect("studio")
    context = {"cards": _cards(request, Job.objects.filter(pk=job.pk)), "form_token": uuid4()}
    return render(request, "jobs/_placed.html", context | live_count(request.user, _scope(request)))


def _with_uploads(request: Request) -> Any:
    """The posted fields; without JavaScript, the files among them become references here."""
    data = request.POST.copy()
    added, problems = take_files(request.user, request.FILES.getlist("files"))
    for reference in added:
        data.appendlist("references", str(reference.uid))
    for problem in problems:
        messages.error(request, problem)
    return data


def _composer_again(request: Request, form: OrderForm) -> HttpResponse:
    context = composer_context(form)
    if request.htmx:
        response = render(request, "jobs/_composer.html", context, status=422)
        response["HX-Retarget"], response["HX-Reswap"] = "#composer", "outerHTML"
        return response
    context |= _sheet(request) | live_count(request.user, _scope(request))
    return render(request, "jobs/studio.html", context, status=422)


def _remixed(request: Request) -> Job | None:
    uid = request.GET.get("remix")
    if not uid:
        return None
    try:
        job = Job.objects.filter(uid=UUID(uid)).first()
    except (ValueError, ValidationError):
        job = None
    if job is None:
        messages.error(request, _("The job to remix is gone."))
    return job


def _scope(request: Request) -> str:
    return "mine" if request.GET.get("scope") == "mine" else "everyone"


def _cards(request: Request, jobs: QuerySet[Job]) -> list[Any]:
    return make_cards(with_cards(jobs), request.user, timezone.now())


def _sheet(request: Request) -> dict[str, Any]:
    """One page of cards, newest first, from ?before down."""
    jobs = Job.objects.filter(is_hidden=False).order_by("-id")
    if _scope(request) == "mine":
        jobs = jobs.filter(owner=request.user)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        jobs = jobs.filter(pk__lt=int(before))
    cards = _cards(request, jobs[: PAGE + 1])
    older_url = ""
    if len(cards) > PAGE:
        cards = cards[:PAGE]
        older_url = f"{reverse('older-jobs')}?scope={_scope(request)}&before={cards[-1].number}"
    return {"cards": cards, "older_url": older_url, "scope": _scope(request)}
