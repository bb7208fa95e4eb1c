"""The forms of the keys page. A secret is never written back into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.addresses import TOO_LONG, ForbiddenAddress, check_base_url
from studio.providers.catalog import PROVIDERS
from studio.vault.errors import BadSecret
from studio.vault.models import LONGEST_SECRET, ProviderKey, check_secret
from studio.vault.webhooks import webhook_url

LONGEST_URL = 300
_WEBHOOK_SHOWN_ONCE = _("The provider shows it once, when you register the address.")
_WEBHOOK_KEPT = _("One is stored. Leave this empty to keep it.")


class SecretField(forms.CharField):
    """What cannot be a key is refused; what was typed is shown to nobody again."""

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false", "placeholder": _("Paste the key")}
        widget = forms.PasswordInput(attrs=attrs, render_value=False)
        super().__init__(max_length=LONGEST_SECRET, widget=widget, **options)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return ""
        try:
            return check_secret(text)
        except BadSecret as error:
            raise forms.ValidationError(str(error.message)) from error


class BaseURLField(forms.CharField):
    """An address that the studio may send a key to, in its canonical spelling, or nothing."""

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}
        options = {"required": False, "label": _("Base URL"), **options}
        super().__init__(max_length=LONGEST_URL, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            url = check_base_url(text) if text else ""
        except ForbiddenAddress as error:
            raise forms.ValidationError(str(error.message)) from error
        if len(url) > LONGEST_URL:
            raise forms.ValidationError(TOO_LONG)
        return url


def label_field() -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("Members see this name, for example “Studio” or “Client work”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AddForm(forms.Form):
    """A new key."""

    provider = forms.ChoiceField(
        label=_("Provider"),
        choices=lambda: [(name, found.label) for name, found in PROVIDERS.items()],
    )
    label = label_field()
    secret = SecretField(label=_("API key"))
    base_url = BaseURLField(help_text=_("Optional: only for a mirror or a server of your own."))
    is_shared = forms.BooleanField(label=_("Let the team use it"), required=False)


class ReplaceForm(forms.Form):
    """Another secret for the same key."""

    secret = SecretField(label=_("New API key"))


class EditForm(forms.Form):
    """Name, base URL and webhook secret. A new base URL asks for the secrets again."""

    label = label_field()
    base_url = BaseURLField()
    secret = SecretField(
        label=_("API key"),
        required=False,
        help_text=_(
            "Another base URL erases the stored key, because it was meant for the address before."
            " Enter it again with the new address, or this key is paused."
        ),
    )
    webhook_secret = SecretField(label=_("Webhook secret"), required=False)
    is_webhook_off = forms.BooleanField(label=_("Erase the webhook secret"), required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, key: ProviderKey, auto_id: str
    ) -> None:
        kept = {"label": key.label, "base_url": key.base_url}
        super().__init__(data, initial=kept, auto_id=auto_id)
        self.fields["base_url"].widget.attrs["placeholder"] = key.url
        if key.is_sandbox:
            del self.fields["base_url"], self.fields["secret"]
        self._ask_for_webhook(key)

    def _ask_for_webhook(self, key: ProviderKey) -> None:
        """Only where the provider signs webhooks and can reach us; erased only what there is."""
        if not webhook_url(key):
            del self.fields["webhook_secret"], self.fields["is_webhook_off"]
            return
        field = self.fields["webhook_secret"]
        field.widget.attrs["placeholder"] = "whsec_…"
        field.help_text = _WEBHOOK_KEPT if key.has_webhook_secret else _WEBHOOK_SHOWN_ONCE
        if not key.has_webhook_secret:
            del self.fields["is_webhook_off"]
