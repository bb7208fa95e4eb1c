"""With which key an order goes out, or with which several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.accounts.models import User
from studio.providers.catalog import PROVIDERS
from studio.providers.models import ImageModel
from studio.providers.shared import shared
from studio.vault.models import ProviderKey

NEVER = datetime.min.replace(tzinfo=UTC)
KEY_GONE = gettext_lazy("This key is gone. Choose another one.")


class KeysForm(forms.Form):
    """One key, or with `compare` on all of `compared`. The order is drawn from their records."""

    compare = forms.BooleanField(required=False)
    compared = forms.Field(required=False, widget=forms.SelectMultiple)
    key = forms.UUIDField(
        error_messages={
            "required": gettext_lazy("Choose a key to send this with."),
            "invalid": KEY_GONE,
        }
    )
    model = forms.CharField(required=False, max_length=64)

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self.fields["key"].required = not self.is_comparing

    # What may be chosen -----------------------------------------------------------------------

    @cached_property
    def keys(self) -> list[ProviderKey]:
        """All that the member may use, own ones first."""
        usable = ProviderKey.objects.usable_by(self.member).select_related("owner")
        known = [key for key in usable if key.provider in PROVIDERS]
        return sorted(
            known, key=lambda key: (key.owner_id != self.member.pk, key.is_sandbox, key.pk)
        )

    @property
    def default_key(self) -> ProviderKey | None:
        """The member's default, else the own key used last, else any that is not paused."""
        own = [key for key in self.keys if key.owner_id == self.member.pk]
        marked = [key for key in own if key.is_default]
        by_use = sorted(own, key=lambda key: key.used_at or NEVER, reverse=True)
        ready = [key for key in [*marked, *by_use, *self.keys] if not key.is_paused]
        return next(iter([*ready, *self.keys]), None)

    # What is chosen ---------------------------------------------------------------------------

    @property
    def is_comparing(self) -> bool:
        return bool(self["compare"].value())

    @property
    def chosen_key(self) -> ProviderKey | None:
        """The key that is chosen, else the one to begin with."""
        return self._key(self["key"].value()) or self.default_key

    @property
    def compared_keys(self) -> list[ProviderKey]:
        """Those to compare on; before there is a choice, the chosen one and another provider's."""
        if self.is_comparing:
            uids = self["compared"].value() or []
            return [key for key in self.keys if str(key.uid) in uids]
        first = self.chosen_key
        ready = [key for key in self.keys if not key.is_paused and key != first]
        others = sorted(ready, key=lambda key: first is None or key.provider == first.provider)
        return [key for key in [first, *others[:1]] if key]

    @property
    def chosen_keys(self) -> Sequence[ProviderKey]:
        """All that the order would go out with."""
        if self.is_comparing and self.compared_keys:
            return self.compared_keys
        return [self.chosen_key] if self.chosen_key else []

    def _key(self, uid: Any) -> ProviderKey | None:
        return next((key for key in self.keys if str(key.uid) == str(uid)), None)

    @property
    def models(self) -> tuple[ImageModel, ...]:
        """What the chosen key's provider runs; of several, the one with the most."""
        runs = [PROVIDERS[key.provider].models for key in self.chosen_keys]
        return max(runs, key=len, default=())

    @property
    def model_id(self) -> str:
        """The one of `models` that is chosen."""
        ids = [model.id for model in self.models]
        return next((id_ for id_ in [self["model"].value(), *ids] if id_ in ids), "")

    def model_for(self, key: ProviderKey) -> ImageModel:
        """The chosen one, where the key's provider runs it, else its first."""
        models = PROVIDERS[key.provider].models
        return next((model for model in models if model.id == self["model"].value()), models[0])

    @property
    def record(self) -> ImageModel | None:
        """From which the composer is drawn: of the model, or of what all compared ones share."""
        models = [self.model_for(key) for key in self.chosen_keys]
        return shared(models) if models else None

    def clean_key(self) -> ProviderKey | None:
        uid = self.cleaned_data["key"]
        key = self._key(uid)
        if key is None and (uid or not self.is_comparing):
            raise forms.ValidationError(KEY_GONE)
        if key and not self.is_comparing:
            _check_ready(key)
        return key

    def clean_compared(self) -> list[ProviderKey]:
        if not self.is_comparing:
            return []
        uids = set(self.cleaned_data["compared"] or [])
        if len(self.compared_keys) < len(uids):
            raise forms.ValidationError(KEY_GONE)
        if len(uids) < 2:
            raise forms.ValidationError(_("Choose two keys at least to compare them."))
        for key in self.compared_keys:
            _check_ready(key)
        return self.compared_keys


def _check_ready(key: ProviderKey) -> None:
    if key.is_paused:
        raise forms.ValidationError(
            _("This key is paused. Choose another one, or have its owner resume it.")
        )
