"""What people may not do to accounts, in words for them.

AccountError
├── AlreadyOpen        the first-run page came too late
├── InvitationGone     used, withdrawn or expired meanwhile
├── EmailTaken         two members cannot share an e-mail
├── LastAdmin          somebody must be able to let others in
└── LinkUsed           a password link works once
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


class AccountError(Exception):
    """Its text is a sentence for the person who tried."""

    text = _("This cannot be done.")

    def __str__(self) -> str:
        return str(self.text)


class AlreadyOpen(AccountError):
    text = _("This studio was set up a moment ago. Sign in, or ask its admin for an invitation.")


class InvitationGone(AccountError):
    text = _("This invitation was used or withdrawn a moment ago. Ask an admin for a new one.")


class EmailTaken(AccountError):
    text = _("A member of this studio already uses this email.")


class LastAdmin(AccountError):
    text = _("This is the last admin who can sign in. Make another member an admin first.")


class LinkUsed(AccountError):
    text = _("This link has been used already. Ask for a new one.")
