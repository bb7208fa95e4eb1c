"""The reference tray: add, look again, and show."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from studio.accounts.models import User
from studio.accounts.requests import Request
from studio.addresses import ForbiddenAddress
from studio.jobs.errors import PictureError
from studio.jobs.models import Image, Reference
from studio.jobs.references import THUMBNAIL, add_file, add_image, add_url
from studio.jobs.storage import thumbnail_name
from studio.jobs.views.pictures import archived


@require_POST
def add(request: Request) -> HttpResponse:
    """Files or a URL: items for the tray, and what could not be taken."""
    added, problems = take_files(request.user, request.FILES.getlist("files"))
    if url := request.POST.get("url", "").strip():
        try:
            added.append(add_url(request.user, url))
        except ForbiddenAddress as error:
            problems.append(str(error.message))
    if not request.htmx:
        return redirect("studio")
    context = {"references": added, "problems": problems}
    return render(request, "jobs/_references_added.html", context)


@require_GET
def item(request: Request, uid: UUID) -> HttpResponse:
    """One item of the tray, as it is by now."""
    reference = get_object_or_404(Reference, uid=uid, owner=request.user)
    return render(request, "jobs/_reference.html", {"reference": reference})


@require_POST
def from_image(request: Request, uid: UUID) -> HttpResponse:
    """Work from one of the studio's pictures."""
    image = get_object_or_404(Image, uid=uid, state="kept")
    reference = add_image(request.user, image)
    if not request.htmx:
        return redirect(f"{reverse('studio')}?reference={reference.uid}")
    context = {"references": [reference], "problems": []}
    return render(request, "jobs/_references_added.html", context)


@require_GET
def picture(request: Request, uid: UUID) -> FileResponse:
    """A small picture of a member's own reference."""
    reference = get_object_or_404(Reference, uid=uid, owner=request.user, state="ready")
    return archived(thumbnail_name(reference.sha256, THUMBNAIL), "image/webp")


def take_files(member: User, files: Iterable[UploadedFile]) -> tuple[list[Reference], list[str]]:
    """Keep the files that are pictures; for the others, a sentence each."""
    added: list[Reference] = []
    problems: list[str] = []
    for file in files:
        try:
            added.append(add_file(member, file))  # type: ignore[arg-type]
        except PictureError as error:
            problems.append(
                _("%(name)s: %(problem)s") % {"name": file.name, "problem": error.message}
            )
    return added, problems
