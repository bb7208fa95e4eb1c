"""The team: who they are, what they may do, whom an admin lets in."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from studio.accounts import actions
from studio.accounts.errors import LastAdmin
from studio.accounts.forms import InviteForm, RoleForm
from studio.accounts.models import Invitation, Role, User
from studio.accounts.requests import Request, public_url, require_admin


def page(request: Request, **told: object) -> HttpResponse:
    """The whole team page; to htmx only what changes. `told` says what was done or refused."""
    context = {
        "members": User.objects.order_by("is_disabled", "name", "pk"),
        "roles": Role.choices,
        "invitations": Invitation.objects.open().order_by("expires_at"),
        "invite_form": InviteForm(initial={"role": Role.MEMBER}),
        **told,
    }
    template = "accounts/_team.html" if request.htmx else "accounts/team.html"
    return render(request, template, context)


def done(request: Request, changed: User | None = None) -> HttpResponse:
    """The page anew. Who changed themselves may have lost it: their browser asks again."""
    if not request.htmx:
        return redirect("team")
    return HttpResponseClientRefresh() if changed == request.user else page(request)


@require_safe
def team(request: Request) -> HttpResponse:
    return page(request)


@require_admin
@never_cache
@require_POST
def invite(request: Request) -> HttpResponse:
    """Shows the link of a new invitation, this once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return page(request, invite_form=form)
    facts = form.cleaned_data
    path = actions.invite(request.user, role=facts["role"], email=facts["email"])
    title = _("Invitation for %(email)s") % facts if facts["email"] else _("Invitation")
    note = _("The link works once, for 7 days, and is not shown again. Copy it now.")
    return page(request, link=public_url(request, path), link_title=title, link_note=note)


@require_admin
@require_POST
def withdraw(request: Request, uid: UUID) -> HttpResponse:
    get_object_or_404(Invitation, uid=uid).revoke()
    return done(request)


@require_admin
@require_POST
def change_role(request: Request, uid: UUID) -> HttpResponse:
    member = get_object_or_404(User, uid=uid)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return page(request, refusal=_("There is no such role."))
    try:
        actions.change_role(member, role=form.cleaned_data["role"])
    except LastAdmin as error:
        return page(request, refusal=error)
    return done(request, member)


@require_admin
@require_POST
def disable(request: Request, uid: UUID) -> HttpResponse:
    member = get_object_or_404(User, uid=uid)
    try:
        actions.disable(member)
    except LastAdmin as error:
        return page(request, refusal=error)
    return done(request, member)


@require_admin
@require_POST
def enable(request: Request, uid: UUID) -> HttpResponse:
    get_object_or_404(User, uid=uid).enable()
    return done(request)


@require_admin
@never_cache
@require_POST
def reset_link(request: Request, uid: UUID) -> HttpResponse:
    """Shows a link with which a member sets a new password."""
    member = get_object_or_404(User, uid=uid, is_disabled=False)
    link = public_url(request, actions.reset_path(member))
    title = _("Password link for %(name)s") % {"name": member.name}
    note = _("The link works once, for 3 days. Give it to nobody else. Copy it now.")
    return page(request, link=link, link_title=title, link_note=note)
