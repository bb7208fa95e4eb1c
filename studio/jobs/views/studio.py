"""The studio page: the composer and the contact sheet."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio.accounts.requests import Request
from studio.jobs import actions
from studio.jobs.composer import composer_context, open_composer
from studio.jobs.errors import FormUsed
from studio.jobs.forms import OrderForm, uuid_or_none
from studio.jobs.models import Job
from studio.jobs.views.masks import take_mask
from studio.jobs.views.references import take_files
from studio.jobs.views.sheet import live_context, places_of, sheet_context


@require_safe
def studio(request: Request) -> HttpResponse:
    """The composer and the newest cards. With htmx and ?remix: the composer alone.

    ?reference, as often as wanted: a picture for the tray; ?mask: what lies on it.
    """
    remix = _remixed(request)
    form = open_composer(
        request.user,
        remix=remix,
        references=request.GET.getlist("reference"),
        mask=request.GET.get("mask", ""),
    )
    if remix is None and "remix" in request.GET:
        form.notices.append(_("The job to remix is gone."))
    if request.htmx and "remix" in request.GET:
        return render(request, "jobs/_composer.html", composer_context(form))
    return render(request, "jobs/studio.html", _page_context(request, form))


@require_safe
def older(request: Request) -> HttpResponse:
    """The next cards down the sheet."""
    return render(request, "jobs/_older.html", sheet_context(request))


@require_http_methods(["GET", "HEAD", "POST"])
def options(request: Request) -> HttpResponse:
    """What the chosen key's model offers, while the member is choosing."""
    form = OrderForm(request.POST or request.GET, member=request.user)
    if form.record is None:
        return _composer_alone(request, form)
    is_typing = request.htmx.target == "size-note"
    template = "jobs/_size_note.html" if is_typing else "jobs/_options.html"
    return render(request, template, composer_context(form))


@require_POST
def place(request: Request) -> HttpResponse:
    """Place an order: its card, or the composer again with what is wrong."""
    form = _posted(request)
    if form.is_valid():
        try:
            return _placed(request, _place(request, form))
        except FormUsed as error:
            form.add_error(None, error.message)
    form.renew_token()
    if request.htmx:
        return _composer_alone(request, form, status=422)
    return render(request, "jobs/studio.html", _page_context(request, form), status=422)


def _posted(request: Request) -> OrderForm:
    """The posted form; without JavaScript, the files in it become references here."""
    data = request.POST.copy()
    added, problems = take_files(request.user, request.FILES.getlist("files"))
    for reference in added:
        data.appendlist("references", str(reference.uid))
    if file := request.FILES.get("mask_file"):
        problems += take_mask(request.user, file, data)
    form = OrderForm(data, member=request.user)
    form.full_clean()
    for problem in problems:
        form.add_error(None, problem)
    return form


def _place(request: Request, form: OrderForm) -> list[Job]:
    facts = form.cleaned_data
    return actions.place_on_several(
        request.user,
        orders=facts["orders"],
        form_token=facts["form_token"],
        references=form.references,
        mask=form.chosen_mask,
        made_from=facts["made_from"],
    )


def _placed(request: Request, jobs: list[Job]) -> HttpResponse:
    if not request.htmx:
        return redirect("studio")
    places = [(jobs[0].pk, jobs[0].comparison)]
    context = {"places": places_of(request, places), "form_token": uuid4(), **live_context(request)}
    return render(request, "jobs/_placed.html", context)


def _composer_alone(request: Request, form: OrderForm, *, status: int = 200) -> HttpResponse:
    """The whole composer, whatever part of the page had asked."""
    response = render(request, "jobs/_composer.html", composer_context(form), status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#composer", "outerHTML"
    return response


def _page_context(request: Request, form: OrderForm) -> dict[str, object]:
    page = sheet_context(request) | live_context(request)
    return composer_context(form) | page | {"has_sandbox": settings.STUDIO_SANDBOX}


def _remixed(request: Request) -> Job | None:
    """The job to do again with something changed."""
    uid = uuid_or_none(request.GET.get("remix"))
    jobs = Job.objects.select_related("key", "owner")
    return jobs.filter(uid=uid).first() if uid else None
