"""What the keys page shows of a key."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from studio.accounts.models import User
from studio.vault.forms import AddForm, EditForm, ReplaceForm
from studio.vault.models import BY_OWNER, NO_SECRET, ProviderKey, TestStatus
from studio.vault.troubles import Trouble, trouble_of
from studio.vault.webhooks import webhook_url


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The dialog that a page opens with, and its form when it was refused.

    dialog: “add”, or “edit-”, “replace-”, “delete-” and the key's uid.
    """

    dialog: str = ""
    form: forms.Form | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """How a key is doing, as the row says it. css: `t-ok`, `t-warn`, `t-bad` or none."""

    words: str | Promise
    icon: str
    css: str = ""


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """One row, and the forms of its dialogs; none where the member may only use the key.

    dialog: which of them is open: “edit”, “replace” or “delete”; said: the provider's own words;
    webhook_url: the address to register at the provider, where it signs its webhooks.
    """

    key: ProviderKey
    state: State
    is_own: bool = False
    dialog: str = ""
    notice: str = ""
    said: str = ""
    trouble: Trouble | None = None
    edit: forms.Form | None = None
    replace: forms.Form | None = None
    webhook_url: str = ""


def row_of(key: ProviderKey, user: User, opened: Opened | None = None) -> KeyRow:
    trouble = _trouble(key)
    state = _state(key, trouble)
    if key.owner_id != user.pk:
        return KeyRow(key=key, state=state)
    words = {"provider": key.provider_label, "host": key.host}
    return KeyRow(
        key=key,
        state=state,
        is_own=True,
        dialog=_dialog_of(key, opened),
        notice=str(trouble.sentence) % words if trouble else "",
        said=key.test_detail if trouble and trouble == trouble_of(key.test_code) else "",
        trouble=trouble,
        edit=_form(f"edit-{key.uid}", opened, EditForm(key=key, auto_id=f"edit-{key.uid}-%s")),
        replace=_form(f"replace-{key.uid}", opened, ReplaceForm(auto_id=f"replace-{key.uid}-%s")),
        webhook_url=webhook_url(key),
    )


def rows_of(user: User, opened: Opened) -> list[KeyRow]:
    """Own keys first, then those that others share."""
    return [row_of(key, user, opened) for key in ProviderKey.objects.visible_to(user)]


def add_form(opened: Opened) -> forms.Form | None:
    return _form("add", opened, AddForm(auto_id="add-%s"))


def _dialog_of(key: ProviderKey, opened: Opened | None) -> str:
    kind, _dash, uid = opened.dialog.partition("-") if opened else ("", "", "")
    return kind if uid == str(key.uid) else ""


def _form(dialog: str, opened: Opened | None, fresh: forms.Form) -> forms.Form:
    """The refused form with what was typed, in the dialog where it was typed."""
    return opened.form if opened and opened.form and opened.dialog == dialog else fresh


def _trouble(key: ProviderKey) -> Trouble | None:
    """What stands most in the way of using the key."""
    if key.is_testing:
        return None
    reasons = (
        ("sandbox_off", key.is_sandbox and not settings.STUDIO_SANDBOX),
        (NO_SECRET, not key.has_secret),
        (key.pause_code, key.is_paused),
        ("test_overdue", key.is_test_overdue),
        (key.test_code, key.test_status == TestStatus.FAILED),
    )
    return next((trouble_of(code) for code, is_so in reasons if is_so), None)


def _state(key: ProviderKey, trouble: Trouble | None) -> State:
    if key.is_testing:
        return State(words=_("Testing"), icon="loader")
    if trouble == trouble_of(BY_OWNER):
        return State(words=trouble.short, icon="pause")
    if trouble and trouble.is_bad:
        return State(words=trouble.short, icon="circle-x", css="t-bad")
    if trouble:
        return State(words=trouble.short, icon="triangle-alert", css="t-warn")
    if key.test_status == TestStatus.OK:
        return State(words=_("Tested OK"), icon="circle-check", css="t-ok")
    return State(words=_("Not tested yet"), icon="circle-question-mark")
