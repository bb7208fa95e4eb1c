"""The keys page. Only its owner changes a key; for everybody else it does not exist."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.accounts.requests import Request
from studio.providers.catalog import PROVIDERS
from studio.vault import actions
from studio.vault.forms import AddForm, EditForm, ReplaceForm
from studio.vault.models import ProviderKey
from studio.vault.rows import Opened, add_form, row_of, rows_of


@require_GET
def keys(request: Request) -> HttpResponse:
    """Own keys, and those that the team shares."""
    return _page(request)


@require_http_methods(["GET", "POST"])
def add(request: Request) -> HttpResponse:
    form = AddForm(_posted(request), auto_id="add-%s")
    if not form.is_valid():
        return _page(request, "add", form)
    actions.add(request.user, **form.cleaned_data)
    return redirect("keys")


@require_POST
def add_sandbox(request: Request) -> HttpResponse:
    """Straight to the studio with a key for a pretend provider: APIMart, or the one named."""
    provider = request.POST.get("provider", actions.SANDBOX_PROVIDER)
    if not settings.STUDIO_SANDBOX or provider not in PROVIDERS:
        raise Http404
    actions.add_sandbox(request.user, provider)
    return redirect("studio")


@require_http_methods(["GET", "POST"])
def edit(request: Request, uid: UUID) -> HttpResponse:
    key = _own(request, uid)
    form = EditForm(_posted(request), key=key, auto_id=f"edit-{uid}-%s")
    if not form.is_valid():
        return _page(request, f"edit-{uid}", form)
    actions.edit(key, **form.cleaned_data)
    return redirect("keys")


@require_http_methods(["GET", "POST"])
def replace(request: Request, uid: UUID) -> HttpResponse:
    key = _own(request, uid)
    form = ReplaceForm(_posted(request), auto_id=f"replace-{uid}-%s")
    if not form.is_valid():
        return _page(request, f"replace-{uid}", form)
    actions.replace(key, form.cleaned_data["secret"])
    return redirect("keys")


@require_http_methods(["GET", "POST"])
def delete(request: Request, uid: UUID) -> HttpResponse:
    """Asks first; a browser that opens the dialog itself has asked already."""
    key = _own(request, uid)
    if request.method == "GET":
        return _page(request, f"delete-{uid}")
    key.delete_softly()
    return redirect("keys")


@require_POST
def test(request: Request, uid: UUID) -> HttpResponse:
    key = _own(request, uid)
    actions.test(key)
    return _row(request, key)


@require_POST
def pause(request: Request, uid: UUID) -> HttpResponse:
    key = _own(request, uid)
    key.pause()
    return _row(request, key)


@require_POST
def resume(request: Request, uid: UUID) -> HttpResponse:
    key = _own(request, uid)
    key.resume()
    return _row(request, key)


@require_POST
def share(request: Request, uid: UUID) -> HttpResponse:
    """A switch: the field is there when it is on."""
    key = _own(request, uid)
    key.share(is_shared="is_shared" in request.POST)
    return _row(request, key)


@require_POST
def make_default(request: Request, uid: UUID) -> HttpResponse:
    _own(request, uid).make_default()
    return redirect("keys")


@require_GET
def row(request: Request, uid: UUID) -> HttpResponse:
    """The row alone: it asks for itself while a test runs."""
    key = _own(request, uid)
    return render(request, "vault/_row.html", {"row": row_of(key, request.user)})


def _posted(request: Request) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _own(request: Request, uid: UUID) -> ProviderKey:
    return get_object_or_404(ProviderKey.objects.owned_by(request.user), uid=uid)


def _row(request: Request, key: ProviderKey) -> HttpResponse:
    """What a button in the row gets: the row again, or without htmx the page."""
    if not request.htmx:
        return redirect("keys")
    return render(request, "vault/_row.html", {"row": row_of(key, request.user)})


def _page(request: Request, dialog: str = "", form: forms.Form | None = None) -> HttpResponse:
    opened = Opened(dialog=dialog, form=form)
    rows = rows_of(request.user, opened)
    played = {row.key.provider for row in rows if row.is_own and row.key.is_sandbox}
    to_play = [one for one in PROVIDERS.values() if one.name not in played]
    context = {
        "rows": rows,
        "add": add_form(opened),
        "opened": dialog,
        "may_try_sandbox": settings.STUDIO_SANDBOX and not played,
        "to_play": to_play if settings.STUDIO_SANDBOX else [],
    }
    return render(request, "vault/keys.html", context)
