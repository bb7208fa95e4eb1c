"""The job page: pictures at full size, what was ordered, and what happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from studio.accounts.requests import Request
from studio.jobs.cards import Card, make_cards, with_cards
from studio.jobs.models import Job
from studio.jobs.orders import model_of
from studio.jobs.timeline import timeline
from studio.markup import choice


@require_safe
def job(request: Request, uid: UUID) -> HttpResponse:
    """The whole page; with htmx and ?picture, the viewer alone."""
    context = _context(request, uid)
    is_viewer = bool(request.htmx) and "picture" in request.GET
    return render(request, "jobs/_viewer.html" if is_viewer else "jobs/job.html", context)


@require_safe
def body(request: Request, uid: UUID) -> HttpResponse:
    """What changes while a job is under way."""
    return render(request, "jobs/_job_body.html", _context(request, uid))


def _context(request: Request, uid: UUID) -> dict[str, Any]:
    found = get_object_or_404(with_cards(Job.objects.all()), uid=uid)
    card = make_cards([found], request.user, timezone.now())[0]
    events = found.events.order_by("id")
    kin = Job.objects.prefetch_related("images")
    return {
        "card": card,
        "job": found,
        "shown": _shown(request, card),
        "parameters": parameters(card),
        "timeline": timeline(events, provider=card.provider_label),
        "images": found.images.all(),
        "contenders": contenders(request, card),
        "made_from": found.made_from,
        "led_to": kin.filter(made_from=found).order_by("id")[:12],
        "newer": Job.objects.filter(pk__gt=found.pk, is_hidden=False).order_by("pk").first(),
        "older": Job.objects.filter(pk__lt=found.pk, is_hidden=False).order_by("-pk").first(),
    }


def contenders(request: Request, card: Card) -> list[Card]:
    """All cards of its comparison, hidden ones too."""
    if not card.comparison:
        return []
    return make_cards(with_cards(card.job.contenders), request.user, timezone.now())


def _shown(request: Request, card: Card) -> dict[str, Any] | None:
    """The picture in the viewer: ?picture counts from 1."""
    number = request.GET.get("picture", "1")
    index = int(number) - 1 if number.isdecimal() and len(number) < 3 else 0
    if not card.images:
        return None
    index = min(max(index, 0), len(card.images) - 1)
    return {"number": index + 1, "print": card.images[index]}


def parameters(card: Card) -> list[tuple[str, str]]:
    """What was ordered, and what came, as label and value."""
    job = card.job
    ordered = (
        f"{job.width} × {job.height}"
        if job.width
        else f"{choice(job.ratio)} {choice(job.resolution)}"
    )
    delivered = sorted({f"{one.width} × {one.height}" for one in card.images})
    pairs = [
        (_("Provider"), card.provider_label),
        (_("Model"), model_of(job).id),
        (_("Key"), f"{job.key.label} …{job.key.last_four}".strip()),
        (_("Size"), ", ".join([ordered.strip(), *delivered])),
        (_("Quality"), choice(job.quality)),
        (_("Background"), choice(job.background)),
        (_("Format"), choice(job.output_format)),
        (_("Pictures"), str(job.count)),
        (_("References"), str(len(job.job_references.all()) or "")),
        (_("Mask"), _("yes") if job.mask_id else ""),
        (_("Official fallback"), _("yes") if job.is_official_fallback else ""),
    ]
    return [(label, value) for label, value in pairs if value]
