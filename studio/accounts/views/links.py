"""Doors that a link opens: an invitation, a new password."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from studio.accounts import actions
from studio.accounts.errors import EmailTaken, InvitationGone, LinkUsed
from studio.accounts.forms import NewMemberForm, NewPasswordForm, ResetForm
from studio.accounts.models import Invitation, User
from studio.accounts.requests import public_url

DEAD_INVITATION = _("This invitation has been used, withdrawn, or is older than 7 days.")
DEAD_RESET = _("This password link has been used or is older than 3 days.")


def dead_link(request: HttpRequest, reason: object) -> HttpResponse:
    context = {"reason": reason}
    return render(request, "accounts/dead_link.html", context, status=HTTPStatus.GONE)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Makes the member whom an admin invited, once."""
    found = Invitation.objects.of(token)
    if found is None or not found.is_open:
        return dead_link(request, DEAD_INVITATION)
    initial = {"email": found.email, "language": get_language()}
    form = NewMemberForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            actions.accept(found, member=form.instance, password=form.cleaned_data["password"])
        except InvitationGone as error:
            return dead_link(request, error)
        except EmailTaken as error:
            form.add_error("email", str(error))
        else:
            actions.sign_in(request, form.instance)
            return redirect("studio")
    return render(request, "accounts/invitation.html", {"form": form, "invitation": found})


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Mails a link, and says the same whether there is such a member or not."""
    can_mail = actions.can_mail_links()
    form = ResetForm(request.POST or None)
    is_sent = can_mail and form.is_valid()
    if is_sent:
        base_url = public_url(request, "/").rstrip("/")
        actions.ask_for_reset(form.cleaned_data["email"], base_url=base_url)
    context = {"form": form, "can_mail": can_mail, "is_sent": is_sent}
    return render(request, "accounts/reset.html", context)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def reset_link(request: HttpRequest, uid: UUID, token: str) -> HttpResponse:
    """Sets a new password, once."""
    member = User.objects.filter(uid=uid, is_disabled=False).first()
    if member is None or not default_token_generator.check_token(member, token):
        return dead_link(request, DEAD_RESET)
    form = NewPasswordForm(member, request.POST or None)
    if form.is_valid():
        try:
            actions.set_password_by_link(request, member, password=form.cleaned_data["password"])
        except LinkUsed as error:
            return dead_link(request, error)
        return redirect("studio")
    return render(request, "accounts/new_password.html", {"form": form, "member": member})
