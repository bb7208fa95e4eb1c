"""What workers do for accounts."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from studio.accounts.actions import reset_path
from studio.accounts.models import Studio, User


def mail_reset_link(member_id: int, base_url: str) -> None:
    """Mail a link for a new password; nothing for nobody, disabled members, or so soon again."""
    member = User.objects.filter(pk=member_id).first()
    if member is None or not member.claim_reset_mail():
        return
    studio = Studio.objects.first()
    context = {"member": member, "studio": studio, "link": f"{base_url}{reset_path(member)}"}
    with translation.override(member.language or settings.LANGUAGE_CODE):
        subject = _("A new password for %(studio)s") % {"studio": studio or _("Darkroom")}
        send_mail(subject, render_to_string("accounts/reset.txt", context), None, [member.email])
