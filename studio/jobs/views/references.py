"""The reference tray: add, look again, and show."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.models import User
from studio.accounts.requests import Request
from studio.addresses import ForbiddenAddress
from studio.jobs.errors import PictureError
from studio.jobs.models import Image, Reference
from studio.jobs.references import THUMBNAIL, add_file, add_image, add_url
from studio.jobs.storage import thumbnail_name
from studio.jobs.uploads import MAX_FILES
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
    return _in_the_tray(request, added, problems)


@require_safe
def item(request: Request, uid: UUID) -> HttpResponse:
    """One item of the tray, as it is by now."""
    reference = get_object_or_404(Reference, uid=uid, owner=request.user)
    reference.give_up_when_overdue()
    return render(request, "jobs/_reference.html", {"reference": reference})


@require_POST
def from_image(request: Request, uid: UUID) -> HttpResponse:
    """Work from one of the studio's pictures."""
    image = get_object_or_404(Image, uid=uid, state="kept")
    return _in_the_tray(request, [add_image(request.user, image)], [])


@require_safe
def picture(request: Request, uid: UUID) -> FileResponse:
    """A small picture of a member's own reference."""
    reference = get_object_or_404(Reference, uid=uid, owner=request.user, state="ready")
    return archived(thumbnail_name(reference.sha256, THUMBNAIL), "image/webp")


@require_safe
def original(request: Request, uid: UUID) -> FileResponse:
    """A member's own reference, or mask, as it is sent to a provider."""
    reference = get_object_or_404(Reference, uid=uid, owner=request.user, state="ready")
    return archived(reference.path, reference.media_type)


def _in_the_tray(
    request: Request, added: Sequence[Reference], problems: Sequence[str]
) -> HttpResponse:
    """With htmx the items alone, else a composer that has them in its tray."""
    if request.htmx:
        context = {"references": added, "problems": problems}
        return render(request, "jobs/_references_added.html", context)
    for problem in problems:
        messages.error(request, problem)
    query = urlencode([("reference", str(reference.uid)) for reference in added])
    return redirect(f"{reverse('studio')}?{query}" if query else "studio")


def take_files(
    member: User, files: Sequence[UploadedFile[bytes]]
) -> tuple[list[Reference], list[str]]:
    """Keep the files that are pictures; for the others, a sentence each."""
    added: list[Reference] = []
    problems: list[str] = []
    for file in files[:MAX_FILES]:
        try:
            added.append(add_file(member, file))
        except PictureError as error:
            problems.append(
                _("%(name)s: %(problem)s") % {"name": file.name, "problem": error.message}
            )
    if len(files) > MAX_FILES:
        problems.append(
            _("Only %(n)s pictures can be added at once. The others were left out.")
            % {"n": MAX_FILES}
        )
    return added, problems
