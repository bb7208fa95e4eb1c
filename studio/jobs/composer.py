"""What the composer is drawn from: the member's keys and the record of the chosen model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from studio.accounts.models import User
from studio.jobs.forms import CHOICES, OrderForm, fresh_order, remixed_order
from studio.jobs.models import Job
from studio.providers.models import MB, ImageModel
from studio.providers.orders import Order
from studio.vault.models import ProviderKey


def open_composer(
    member: User, remix: Job | None = None, references: Sequence[str] = ()
) -> OrderForm:
    """A composer to begin with: empty, or filled from a job; with pictures to work from."""
    initial = fresh_order(member, default_key(member))
    if remix:
        initial |= remixed_order(remix, member)
    initial["references"] = [*initial.get("references", []), *references]
    return OrderForm(initial=initial, member=member)


def default_key(member: User) -> ProviderKey | None:
    """The member's default, else the own key used last, else any usable one."""
    usable = ProviderKey.objects.usable_by(member).filter(is_paused=False)
    own: QuerySet[ProviderKey] = usable.filter(owner=member)
    return own.filter(is_default=True).first() or own.order_by("-used_at").first() or usable.first()


def composer_context(form: OrderForm) -> dict[str, Any]:
    """Everything that `jobs/_composer.html` and its fragments draw."""
    model = form.model
    return {
        "form": form,
        "capability": model,
        "pixels": expected_pixels(form, model) if model else "",
        "misfits": misfits(form, model) if model else [],
        "keys": list(ProviderKey.objects.usable_by(form.member)),
        "selected_key": form.chosen_key,
        "references": form.references(),
        "reference_mb": model.max_reference_bytes // MB if model else 0,
    }


def expected_pixels(form: OrderForm, model: ImageModel) -> str:
    """What the current choice comes out as: “2048 × 1360 px”, both where either may come."""
    references = form.references()
    order = Order(
        prompt="",
        model=model.id,
        ratio=form["ratio"].value() or "",
        resolution=form["resolution"].value() or "",
    )
    if references and not order.ratio:
        return _("as the reference")
    sizes = model.expected_sizes(order)
    either = _(" or ").join(f"{size.width} × {size.height}" for size in sizes)
    return _("%(size)s px") % {"size": either} if either else ""


def misfits(form: OrderForm, model: ImageModel) -> list[str]:
    """Choices that were made for another model and that this one does not offer."""
    offered = {
        "ratio": model.ratios,
        "resolution": model.resolutions,
        "quality": model.qualities,
        "background": model.backgrounds,
        "output_format": model.output_formats,
    }
    chosen = {name: form[name].value() or "" for name in CHOICES}
    return [value for name, value in chosen.items() if value and value not in offered[name]]
