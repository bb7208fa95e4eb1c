"""The composer's form: what was typed becomes an `Order`, or errors at their fields."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.accounts.models import User
from studio.jobs.models import Job, Reference
from studio.jobs.orders import described
from studio.providers.catalog import PROVIDERS
from studio.providers.models import ImageModel
from studio.providers.orders import Order, Size
from studio.vault.models import ProviderKey

FIELD_OF = {"size": "size_width"}
CHOICES = ("ratio", "resolution", "quality", "background", "output_format")


class OrderForm(forms.Form):
    """Everything that a member may choose. What a model offers is its record's business."""

    prompt = forms.CharField(required=False, strip=False, max_length=100_000)
    key = forms.ModelChoiceField(
        ProviderKey.objects.none(),
        to_field_name="uid",
        error_messages={
            "required": gettext_lazy("Choose a key to send this with."),
            "invalid_choice": gettext_lazy("This key is gone. Choose another one."),
        },
    )
    ratio = forms.CharField(required=False, max_length=8)
    resolution = forms.CharField(required=False, max_length=8)
    quality = forms.CharField(required=False, max_length=16)
    background = forms.CharField(required=False, max_length=16)
    output_format = forms.CharField(required=False, max_length=8)
    count = forms.IntegerField(
        min_value=1, error_messages={"invalid": gettext_lazy("How many pictures? A whole number.")}
    )
    size_width = forms.IntegerField(required=False, min_value=1, max_value=65_535)
    size_height = forms.IntegerField(required=False, min_value=1, max_value=65_535)
    is_official_fallback = forms.BooleanField(required=False)
    form_token = forms.UUIDField()
    made_from = forms.UUIDField(required=False)

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        usable = ProviderKey.objects.usable_by(member)
        self.fields["key"].queryset = usable  # type: ignore[attr-defined]

    @property
    def model(self) -> ImageModel | None:
        """The record that the composer is drawn from."""
        key = self.chosen_key
        return PROVIDERS[key.provider].models[0] if key else None

    @property
    def chosen_key(self) -> ProviderKey | None:
        """The key that is chosen, or would be."""
        field: forms.ModelChoiceField[ProviderKey] = self.fields["key"]  # type: ignore[assignment]
        try:
            key: ProviderKey = field.clean(self["key"].value())
        except forms.ValidationError:
            return None
        return key

    def references(self) -> list[Reference]:
        """The member's own references, in the order of the tray."""
        is_posted = isinstance(self.data, QueryDict)
        uids = (
            _uids(self.data.getlist("references"))
            if is_posted
            else _uids(self.initial.get("references", []))
        )
        found = {
            str(row.uid): row for row in Reference.objects.filter(owner=self.member, uid__in=uids)
        }
        return [found[uid] for uid in uids if uid in found]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.model and "count" in data:
            data["order"] = self._order(self.model, data)
            for problem in self.model.problems(data["order"]):
                self._complain(problem.field, _(problem.sentence) % problem.params)
        self._clean_references()
        return data

    def _order(self, model: ImageModel, data: dict[str, Any]) -> Order:
        size = None
        if data.get("size_width") and data.get("size_height"):
            size = Size(data["size_width"], data["size_height"])
        elif data.get("size_width") or data.get("size_height"):
            self._complain("size", _("An exact size needs a width and a height."))
        choices = {name: data.get(name, "") for name in CHOICES}
        if size:
            choices["ratio"] = choices["resolution"] = ""
        return Order(
            prompt=data.get("prompt", ""),
            model=model.id,
            count=data["count"],
            size=size,
            references=tuple(described(reference) for reference in self.references()),
            is_official_fallback=data.get("is_official_fallback", False),
            **choices,
        )

    def _clean_references(self) -> None:
        states = {reference.state for reference in self.references()}
        if "fetching" in states:
            self._complain("references", _("A reference is still being fetched. Wait a moment."))
        if "failed" in states:
            self._complain("references", _("A reference could not be had. Remove it first."))

    def _complain(self, field: str, message: str) -> None:
        name = FIELD_OF.get(field, field)
        self.add_error(name if name in self.fields else None, message)

    def source(self) -> Job | None:
        """The job that this order was made from."""
        uid = self.cleaned_data.get("made_from")
        return Job.objects.filter(uid=uid).first() if uid else None


def _uids(values: list[str]) -> list[str]:
    uids = []
    for value in values:
        try:
            uids.append(str(UUID(value)))
        except ValueError:
            continue
    return uids


def fresh_order(member: User, key: ProviderKey | None) -> dict[str, Any]:
    """What an empty composer starts with."""
    model = PROVIDERS[key.provider].models[0] if key else None
    return {
        "key": str(key.uid) if key else "",
        "ratio": model.default_ratio if model else "",
        "resolution": model.resolutions[0] if model and model.resolutions else "",
        "count": 1,
        "form_token": uuid4(),
    }


def remixed_order(job: Job, member: User) -> dict[str, Any]:
    """What the composer holds to do a job again with something changed."""
    own = [
        str(use.reference.uid)
        for use in job.job_references.select_related("reference")
        if use.reference.owner_id == member.pk
    ]
    usable = ProviderKey.objects.usable_by(member).filter(pk=job.key_id).exists()
    return {
        "prompt": job.prompt,
        **({"key": str(job.key.uid)} if usable else {}),
        **{name: getattr(job, name) for name in (*CHOICES, "count", "is_official_fallback")},
        "size_width": job.width,
        "size_height": job.height,
        "references": own,
        "made_from": str(job.uid),
    }
