"""The composer's form: what was typed becomes an `Order`, or errors where they can be seen."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.accounts.models import User
from studio.jobs.fitting import who_could
from studio.jobs.keys import KeysForm
from studio.jobs.models import Job, Reference
from studio.jobs.orders import described
from studio.providers.models import ImageModel
from studio.providers.orders import Order, Size
from studio.providers.shared import OFFERS, spelled
from studio.wording import joined

FIELD_OF = {"size": "size_width"}
# A field, and what of a model's record offers it: without that, it is not drawn. OFFERS likewise.
EXTRAS = {
    "size_width": "has_exact_sizes",
    "size_height": "has_exact_sizes",
    "is_official_fallback": "has_official_fallback",
    "mask": "max_references",
}
LONGEST_PROMPT = 100_000
STALE = gettext_lazy("This form was too old to be sent. Nothing was ordered. Press Develop again.")


class PromptField(forms.CharField):
    """Text as it was typed: a line break is one character, and NUL is none."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\x00", "")


class OrderForm(KeysForm):
    """Everything that a member may choose. What a model offers is its record's business."""

    data: QueryDict
    prompt = PromptField(required=False, strip=False, max_length=LONGEST_PROMPT)
    ratio = forms.CharField(required=False, max_length=8)
    resolution = forms.CharField(required=False, max_length=8)
    quality = forms.CharField(required=False, max_length=16)
    background = forms.CharField(required=False, max_length=16)
    output_format = forms.CharField(required=False, max_length=8)
    count = forms.IntegerField(
        error_messages={"invalid": gettext_lazy("How many pictures? A whole number.")}
    )
    size_width = forms.IntegerField(required=False, min_value=1, max_value=65_535)
    size_height = forms.IntegerField(required=False, min_value=1, max_value=65_535)
    is_official_fallback = forms.BooleanField(required=False)
    form_token = forms.UUIDField(error_messages={"required": STALE, "invalid": STALE})
    mask = forms.Field(required=False)
    made_from = forms.Field(required=False)

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, member=member, **kwargs)
        self.notices: list[str] = []

    # What it is drawn from --------------------------------------------------------------------

    @cached_property
    def references(self) -> list[Reference]:
        """The member's own references, in the order of the tray."""
        rows = Reference.objects.filter(owner=self.member, uid__in=self._reference_uids)
        found = {row.uid: row for row in rows}
        return [found[uid] for uid in self._reference_uids if uid in found]

    @cached_property
    def _reference_uids(self) -> list[UUID]:
        given = self.data.getlist("references") if self.is_bound else self.initial["references"]
        return [uid for uid in map(uuid_or_none, given) if uid]

    @cached_property
    def chosen_mask(self) -> Reference | None:
        """The member's own mask that was chosen."""
        uid = uuid_or_none(self["mask"].value())
        masks = Reference.objects.filter(owner=self.member, lies_on__isnull=False)
        return masks.select_related("lies_on").filter(uid=uid).first() if uid else None

    @property
    def mask_place(self) -> int:
        """Which picture of the tray the mask lies on, from 1; 0: none of them."""
        places = (
            place for place, one in enumerate(self.references, start=1) if self._is_masked(one)
        )
        return next(places, 0)

    def _is_masked(self, reference: Reference) -> bool:
        return self.chosen_mask is not None and self.chosen_mask.lies_on_id == reference.pk

    def renew_token(self) -> None:
        """What is sent after a refusal is a form of its own."""
        self.data = self.data.copy()
        self.data["form_token"] = str(uuid4())

    # What it becomes --------------------------------------------------------------------------

    def clean_made_from(self) -> Job | None:
        """The job that this order was made from; it is only remembered, so nonsense is nothing."""
        uid = uuid_or_none(self.cleaned_data["made_from"])
        return Job.objects.filter(uid=uid).first() if uid else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "form_token" in self.errors:
            self.add_error(None, STALE)
        self._clean_size(data)
        if self.record:
            order = data["order"] = self.order(self.record, data)
            data["orders"] = [
                (key, spelled(order, self.model_for(key))) for key in self.chosen_keys
            ]
            for key, one in data["orders"]:
                for problem in self.model_for(key).problems(one):
                    words = _(problem.sentence) % problem.params
                    self._complain(problem.field, joined([words, self._who_could(one)]))
        self._clean_references()
        self._clean_mask()
        return data

    def _who_could(self, order: Order) -> str:
        if not order.prompt.strip():
            return ""
        return who_could(order, self.keys, but=self.chosen_keys)

    def _clean_size(self, data: dict[str, Any]) -> None:
        sides = [data.get("size_width"), data.get("size_height")]
        if any(sides) and not all(sides):
            self._complain("size", _("An exact size needs a width and a height."))

    def order(self, model: ImageModel, data: dict[str, Any]) -> Order:
        """What is asked of a model, from cleaned data."""
        size = None
        if data.get("size_width") and data.get("size_height"):
            size = Size(data["size_width"], data["size_height"])
        choices = {name: data.get(name, "") for name in OFFERS}
        if size:
            choices["ratio"] = choices["resolution"] = ""
        return Order(
            prompt=data.get("prompt", ""),
            model=model.id,
            count=data.get("count", 1),
            size=size,
            references=tuple(described(reference) for reference in self.references),
            mask=described(self.chosen_mask) if self.chosen_mask else None,
            is_official_fallback=data.get("is_official_fallback", False),
            **choices,
        )

    def _clean_references(self) -> None:
        states = {reference.state for reference in self.references}
        if len(self.references) != len(self.data.getlist("references")):
            self.add_error(None, _("A reference is not there any more. Add it again if needed."))
        if "fetching" in states:
            self.add_error(None, _("A reference is still being fetched. Wait a moment."))
        if "failed" in states:
            self.add_error(None, _("A reference could not be had. Remove it first."))

    def _clean_mask(self) -> None:
        """A mask goes with the first picture: that is the one which a provider lays it on."""
        if not self["mask"].value():
            return
        if self.chosen_mask is None:
            self._complain("mask", _("The mask is not there any more. Paint it again if needed."))
        elif not self.mask_place:
            self._complain("mask", _("The picture that the mask lies on was removed."))
        elif self.mask_place > 1:
            self._complain(
                "mask",
                _("The mask lies on picture %(n)s, and only the first one can have a mask.")
                % {"n": self.mask_place},
            )

    def _complain(self, field: str, message: str) -> None:
        """At the field, once; where the model's composer has no such field, above all of them."""
        name = FIELD_OF.get(field, field)
        offer = (OFFERS | EXTRAS).get(name)
        is_drawn = name in self.fields and (offer is None or getattr(self.record, offer, None))
        if name not in self.errors:
            self.add_error(name if is_drawn else None, message)


def uuid_or_none(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
