"""What the composer is drawn from: the member's keys and the record of the chosen model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from studio.accounts.models import User
from studio.jobs.abilities import price_text
from studio.jobs.fitting import obstacle, who_could
from studio.jobs.forms import OrderForm
from studio.jobs.models import Job
from studio.jobs.sizing import size_note
from studio.markup import choice
from studio.providers.catalog import PROVIDERS
from studio.providers.models import MB, ImageModel
from studio.providers.orders import Order, Size
from studio.providers.shared import OFFERS, spelled, spelling
from studio.vault.models import ProviderKey
from studio.wording import joined


def open_composer(
    member: User, *, remix: Job | None = None, references: Sequence[str] = (), mask: str = ""
) -> OrderForm:
    """A composer to begin with: empty, or filled from a job; with these references in its tray."""
    initial: dict[str, Any] = {
        "references": references,
        "mask": mask,
        "count": 1,
        "form_token": uuid4(),
    }
    form = OrderForm(initial=initial, member=member)
    if remix:
        initial.update(remixed_order(remix, member))
        if remix.job_references.exclude(reference__owner=member).exists():
            form.notices.append(
                _("The pictures that %(name)s worked from do not come along: add your own.")
                % {"name": remix.owner.name}
            )
    elif form.record:
        initial.update(first_choices(form.record))
    return form


def first_choices(model: ImageModel) -> dict[str, str]:
    """What stands at the beginning."""
    return {"ratio": model.default_ratio, "resolution": "".join(model.resolutions[:1])}


def remixed_order(job: Job, member: User) -> dict[str, Any]:
    """What the composer holds to do a job again with something changed."""
    uses = job.job_references.select_related("reference").filter(reference__owner=member)
    return {
        "prompt": job.prompt,
        "key": "" if job.key.is_paused else str(job.key.uid),
        "model": job.model,
        **{name: getattr(job, name) for name in (*OFFERS, "count", "is_official_fallback")},
        "size_width": job.width,
        "size_height": job.height,
        "references": [str(use.reference.uid) for use in uses],
        "mask": str(job.mask.uid) if job.mask and job.mask.owner_id == member.pk else "",
        "made_from": str(job.uid),
    }


def composer_context(form: OrderForm) -> dict[str, Any]:
    """Everything that `jobs/_composer.html` and its fragments draw."""
    model = form.record
    order = _draft(form, model) if model else None
    return {
        "form": form,
        "capability": model,
        "models": form.models,
        "pixels": pixels_or_none(form, model) if model else "",
        "alias": model.aliases.get(order.ratio, "") if model and order else "",
        "size_note": size_note(model, order) if model and order else None,
        "estimate": estimate(model, order) if model and order else None,
        "hindrance": hindrance(form, order) if order else "",
        "misfits": misfits(form, model) if model else [],
        "keys": form.keys,
        "rivals": rivals(form),
        "compared_names": _(", ").join(map(_short_name, form.compared_keys)),
        "can_compare": sum(not key.is_paused for key in form.keys) > 1,
        "is_all_play": all(key.is_sandbox for key in form.compared_keys),
        "selected_key": form.chosen_key,
        "references": form.references,
        "mask": form.chosen_mask,
        "mask_place": form.mask_place,
        "masking_labels": masking_labels(),
        "reference_mb": model.max_reference_bytes // MB if model else 0,
    }


def expected_pixels(form: OrderForm, model: ImageModel) -> str:
    """What the current choice comes out as: “2048 × 1360 px”, both where either may come."""
    order = Order(
        prompt="",
        model=model.id,
        ratio=form["ratio"].value() or "",
        resolution=form["resolution"].value() or "",
        quality=form["quality"].value() or "",
        size=exact_size(form),
    )
    if form.references and not (order.ratio or order.size):
        return _("as the reference")
    sizes = model.expected_sizes(spelled(order, model))
    either = _(" or ").join(f"{size.width} × {size.height}" for size in sizes)
    return _("%(size)s px") % {"size": either} if either else ""


def masking_labels() -> str:
    """The providers that take a mask."""
    able = [one.label for one in PROVIDERS.values() if any(m.has_mask for m in one.models)]
    return ", ".join(able)


def pixels_or_none(form: OrderForm, model: ImageModel) -> str:
    """The same, or that none are promised; nothing where the choice is not one of the model's."""
    unsure = form.is_comparing or any(
        one.name in ("ratio", "resolution") for one in misfits(form, model)
    )
    return expected_pixels(form, model) or ("" if unsure else _("no pixels promised"))


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """By the provider's list: “≈ $0.16”, “4 × $0.04”."""

    total: str
    sum: str


def estimate(model: ImageModel, order: Order) -> Estimate | None:
    """None where the list does not say."""
    if not (price := model.price(spelled(order, model))):
        return None
    return Estimate(
        total=_("≈ %(price)s") % {"price": price_text(price, count=order.count)},
        sum=f"{order.count} × {price_text(price)}" if order.count > 1 else "",
    )


def exact_size(form: OrderForm) -> Size | None:
    """The pixels that were typed, as far as they are numbers."""
    sides = [str(form[name].value() or "") for name in ("size_width", "size_height")]
    if not all(side.isdecimal() and len(side) < 6 for side in sides):
        return None
    return Size(*map(int, sides))


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """A choice made for another model. With other choices there, it waits for a new one."""

    name: str
    value: str
    is_choosable: bool

    @property
    def words(self) -> str:
        return choice(self.value)


def misfits(form: OrderForm, model: ImageModel) -> list[Misfit]:
    """Choices that were made for another model and that this one does not offer."""
    chosen = {name: form[name].value() or "" for name in OFFERS}
    return [
        Misfit(name=name, value=value, is_choosable=bool(getattr(model, OFFERS[name])))
        for name, value in chosen.items()
        if value
        and spelling(value, getattr(model, OFFERS[name])) not in getattr(model, OFFERS[name])
    ]


def _short_name(key: ProviderKey) -> str:
    """Side by side, what a sandbox key plays matters more than that it plays."""
    return key.provider_label if key.is_sandbox else key.name


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A key in the picker. pixels, reasons: of this order, while it is to be compared.

    obstacle: why it cannot take the pictures in the tray.
    """

    key: ProviderKey
    is_chosen: bool
    is_compared: bool
    pixels: str = ""
    reasons: Sequence[str] = ()
    obstacle: str = ""

    @property
    def is_off(self) -> bool:
        """Not to be chosen: it is paused, or has no use for the pictures in the tray."""
        return self.key.is_paused or bool(self.obstacle and not self.is_chosen)


def rivals(form: OrderForm) -> list[Rival]:
    """All keys, each with what it would make of the order, or why it cannot."""
    draft = _draft(form, form.record) if form.record else None
    order = draft if form.is_comparing else None
    return [
        Rival(
            key=key,
            is_chosen=key == form.chosen_key,
            is_compared=key in form.compared_keys,
            pixels=expected_pixels(form, form.model_for(key)) if order else "",
            reasons=_reasons(order, form.model_for(key)) if order else (),
            obstacle=obstacle(draft, form.model_for(key)) if draft and not order else "",
        )
        for key in form.keys
    ]


def hindrance(form: OrderForm, order: Order) -> str:
    """Why the chosen model cannot take the pictures in the tray, and who could."""
    words = obstacle(order, form.record) if form.record and not form.is_comparing else ""
    return joined([words, who_could(order, form.keys, but=form.chosen_keys)]) if words else ""


def _reasons(order: Order, model: ImageModel) -> list[str]:
    """What keeps this model from an order; what would keep any model from it is said elsewhere."""
    problems = model.problems(spelled(order, model))
    return [_(one.sentence) % one.params for one in problems if "model" in one.params]


def _draft(form: OrderForm, drawn: ImageModel) -> Order:
    """The order as it stands in the composer: what is not drawn is not asked for."""
    size = exact_size(form)
    count = str(form["count"].value())
    return form.order(
        drawn,
        {
            **{name: form[name].value() or "" for name in OFFERS if getattr(drawn, OFFERS[name])},
            "prompt": form["prompt"].value() or "",
            "count": int(count) if count.isdecimal() and len(count) < 5 else 1,
            "size_width": size and size.width,
            "size_height": size and size.height,
            "is_official_fallback": bool(form["is_official_fallback"].value()),
        },
    )
