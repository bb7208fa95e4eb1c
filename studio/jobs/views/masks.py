"""The mask: painted over a picture of the tray, or uploaded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.models import User
from studio.accounts.requests import Request
from studio.jobs.composer import composer_context
from studio.jobs.errors import PictureError, WrongSize
from studio.jobs.forms import OrderForm, uuid_or_none
from studio.jobs.models import Reference
from studio.jobs.references import add_mask
from studio.wording import joined


@require_safe
def painter(request: Request, uid: UUID) -> HttpResponse:
    """The painter, as a page or for the dialog. ?mask: the one to go on with."""
    picture = _picture(request.user, uid)
    mask = _mask_on(picture, request.GET.get("mask"))
    return _painter(request, {"picture": picture, "mask": mask})


@require_POST
def keep(request: Request, uid: UUID) -> HttpResponse:
    """Keep what was painted. With htmx the composer comes along, and gets its line about it."""
    picture = _picture(request.user, uid)
    file = request.FILES.get("mask_file")
    try:
        mask = add_mask(picture, file) if file else None
    except PictureError as error:
        return _refused(request, picture, words_of(error))
    if mask is None:
        return _refused(request, picture, _("Paint what is to be redrawn, or choose a file."))
    if not request.htmx:
        query = urlencode({"reference": str(picture.uid), "mask": str(mask.uid)})
        return redirect(f"{reverse('studio')}?{query}")
    data = request.POST.copy()
    data["mask"] = str(mask.uid)
    form = OrderForm(data, member=request.user)
    return render(request, "jobs/_mask.html", composer_context(form))


def take_mask(member: User, file: UploadedFile[bytes], data: QueryDict) -> list[str]:
    """Without JavaScript a mask comes with the order, for its first picture. Tells problems."""
    ready = Reference.objects.filter(owner=member, state="ready", lies_on=None)
    first = uuid_or_none(next(iter(data.getlist("references")), None))
    picture = ready.filter(uid=first).first() if first else None
    if picture is None:
        return [_("A mask lies on a reference picture: add one.")]
    try:
        data["mask"] = str(add_mask(picture, file).uid)
    except PictureError as error:
        return [_("%(name)s: %(problem)s") % {"name": file.name, "problem": words_of(error)}]
    return []


def words_of(error: PictureError) -> str:
    """What is wrong with a mask, with its figures."""
    if not isinstance(error, WrongSize):
        return str(error.message)
    figures = _("This one has %(mask)s, the picture %(picture)s.") % error.figures
    return joined([error.message, figures])


def _picture(member: User, uid: UUID) -> Reference:
    """A member's own picture that is there; no mask."""
    pictures = Reference.objects.filter(owner=member, state="ready", lies_on=None)
    found: Reference = get_object_or_404(pictures, uid=uid)
    return found


def _mask_on(picture: Reference, text: str | None) -> Reference | None:
    uid = uuid_or_none(text)
    return picture.masks.filter(uid=uid).first() if uid else None


def _refused(request: Request, picture: Reference, problem: str) -> HttpResponse:
    """The painter keeps what was painted, and says why it cannot be used."""
    if not request.htmx:
        return _painter(request, {"picture": picture, "problem": problem}, status=422)
    context = {"problem": problem}
    response = render(request, "jobs/_painter_problem.html", context, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#painter-problem", "innerHTML"
    return response


def _painter(request: Request, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    template = "jobs/_painter.html" if request.htmx else "jobs/painter.html"
    return render(request, template, context, status=status)
