"""A member's own page, and the two choices of the account menu."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from studio.accounts import actions
from studio.accounts.errors import EmailTaken
from studio.accounts.forms import LanguageForm, ProfileForm, SignInDetailsForm, ThemeForm
from studio.accounts.models import User
from studio.accounts.requests import Request, next_page


def page(
    request: Request, profile: ProfileForm | None = None, details: SignInDetailsForm | None = None
) -> HttpResponse:
    context = {
        "profile": profile or ProfileForm(instance=request.user),
        "details": details or SignInDetailsForm(request, request.user),
    }
    return render(request, "accounts/profile.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Request) -> HttpResponse:
    if request.method != "POST":
        return page(request)
    form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return page(request, profile=form)
    actions.save(form.instance, *form.fields)
    with override(form.instance.language or get_language()):
        messages.success(request, _("Saved."))
    return redirect("profile")


@sensitive_post_parameters("password", "new_password")
@require_POST
def profile_sign_in(request: Request) -> HttpResponse:
    """Email and password, for which the current password is asked."""
    form = SignInDetailsForm(request, request.user, request.POST)
    if form.is_valid():
        try:
            password = form.cleaned_data["new_password"]
            actions.change_sign_in(request, form.instance, password=password)
        except EmailTaken as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, _("Saved. Use this to sign in from now on."))
            return redirect("profile")
    return page(request, details=form)


@require_POST
def set_theme(request: Request) -> HttpResponse:
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    User.objects.filter(pk=request.user.pk).update(theme=form.cleaned_data["theme"])
    return HttpResponse(status=204) if request.htmx else redirect(next_page(request))


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """A member's choice is kept with them; a guest's in a cookie."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    language = form.cleaned_data["language"]
    is_htmx = bool(cast("Request", request).htmx)
    response = HttpResponseClientRefresh() if is_htmx else redirect(next_page(request))
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=language)
    if request.user.is_authenticated or not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    else:
        remember(response, language)
    return response


def remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
