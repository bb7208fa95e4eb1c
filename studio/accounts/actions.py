"""What people do to accounts."""

from __future__ import annotations

from axes.utils import reset as reset_tries
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from studio.accounts.backends import BACKEND
from studio.accounts.errors import AlreadyOpen, EmailTaken, InvitationGone, LastAdmin, LinkUsed
from studio.accounts.models import Invitation, Role, Studio, User
from studio.queue import enqueue

THE_STUDIO = 1


def is_unopened() -> bool:
    """Whether nobody exists yet: only then there is a first-run page."""
    return not User.objects.exists()


@transaction.atomic
def open_studio(admin: User, *, name: str, password: str) -> None:
    """Make the studio and its first admin (an unsaved row). Raises AlreadyOpen after the first."""
    # Whoever else opens the studio now waits here for this one row, and then sees our admin.
    Studio.objects.update_or_create(pk=THE_STUDIO, defaults={"name": name})
    if not is_unopened():
        raise AlreadyOpen
    admin.role = Role.ADMIN
    admin.set_password(password)
    admin.save()


@transaction.atomic
def accept(invitation: Invitation, *, member: User, password: str) -> None:
    """Make the member (an unsaved row). Raises EmailTaken, or InvitationGone for all but one."""
    member.role = invitation.role
    member.set_password(password)
    save(member)
    if not invitation.claim(accepted_by=member):
        raise InvitationGone


def save(member: User, *fields: str) -> None:
    """Save these fields, or a new member. Raises EmailTaken where somebody was faster."""
    try:
        with transaction.atomic():
            member.save(update_fields=fields or None)
    except IntegrityError as error:
        raise EmailTaken from error


def sign_in(request: HttpRequest, member: User, *, is_staying: bool = True) -> None:
    """Start a session: of 30 days, or one that ends with the browser."""
    auth.login(request, member, backend=BACKEND)
    if not is_staying:
        request.session.set_expiry(0)


def change_sign_in(request: HttpRequest, member: User, *, password: str = "") -> None:
    """Save the e-mail and perhaps a new password; every other session of theirs ends with it."""
    if password:
        member.set_password(password)
    save(member, "email", "password")
    auth.update_session_auth_hash(request, member)


def invite(admin: User, *, role: str, email: str) -> str:
    """The path of a new invitation. It cannot be shown again: only its hash is kept."""
    _invitation, token = Invitation.objects.invite(admin, role=role, email=email)
    return reverse("invitation", args=[token])


def change_role(member: User, *, role: str) -> None:
    if not member.become(role):
        raise LastAdmin
    if role != Role.ADMIN:
        withdraw_all_of(member)


def disable(member: User) -> None:
    if not member.disable():
        raise LastAdmin
    withdraw_all_of(member)


def withdraw_all_of(member: User) -> None:
    """Nobody comes in by the word of one who may no longer invite."""
    open_ones = Invitation.objects.open().filter(invited_by=member)
    open_ones.update(revoked_at=timezone.now())


def reset_path(member: User) -> str:
    """A link to set a new password. It dies with its use, a sign-in, or after three days."""
    return reverse("reset-link", args=[member.uid, default_token_generator.make_token(member)])


def can_mail_links() -> bool:
    """Whether a stranger may have a link mailed: a forged Host header must not get into it."""
    is_named = bool(settings.STUDIO_PUBLIC_URL) or "*" not in settings.ALLOWED_HOSTS
    return bool(settings.EMAIL_HOST) and is_named


def ask_for_reset(email: str, *, base_url: str) -> None:
    """Have a worker mail a link, if there is such a member; the answer takes equally long."""
    member = User.objects.filter(email=email).first()
    enqueue("studio.accounts.tasks.mail_reset_link", member.pk if member else 0, base_url)


def set_password_by_link(request: HttpRequest, member: User, *, password: str) -> None:
    """Set the password and sign in. Raises LinkUsed for all but one of several at once."""
    if not member.change_password(password):
        raise LinkUsed
    reset_tries(username=member.email)
    sign_in(request, member)
