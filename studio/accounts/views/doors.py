"""The first run, signing in and out, and the language of the doors."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from studio.accounts import actions
from studio.accounts.errors import AlreadyOpen
from studio.accounts.forms import FirstRunForm, SignInForm
from studio.accounts.requests import next_page


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Makes the studio and its first admin; 404 as soon as somebody exists."""
    if not actions.is_unopened():
        raise Http404
    form = FirstRunForm(request.POST or None, initial={"language": get_language()})
    if form.is_valid():
        facts = form.cleaned_data
        try:
            actions.open_studio(
                form.instance, name=facts["studio_name"], password=facts["password"]
            )
        except AlreadyOpen as error:
            messages.warning(request, str(error))
            return redirect("login")
        actions.sign_in(request, form.instance)
        return redirect("studio")
    return render(request, "accounts/first_run.html", {"form": form, **readiness()})


def readiness() -> dict[str, object]:
    """What the first-run page says about this server."""
    free = shutil.disk_usage(settings.STUDIO_DATA_DIR).free
    return {"free_bytes": free, "is_sandbox_on": settings.STUDIO_SANDBOX}


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if actions.is_unopened():
        return redirect("first-run")
    target = next_page(request)
    if request.method != "POST" and request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request, request.POST or None)
    if form.is_valid():
        actions.sign_in(request, form.get_user(), is_staying=form.cleaned_data["stay"])
        return redirect(target)
    return render(request, "accounts/login.html", {"form": form, "next": target})


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("login")
