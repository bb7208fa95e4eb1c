"""Archived pictures, to signed-in members."""

from __future__ import annotations

from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from studio.accounts.requests import Request
from studio.jobs.models import Image
from studio.jobs.models.picture import THUMBNAIL_WIDTHS
from studio.jobs.storage import archive, thumbnail_name

REDIRECTED_FOR = 240  # seconds, which is less than such an address holds


@require_safe
def picture(request: Request, uid: UUID, width: int) -> FileResponse:
    """A thumbnail as WebP; the smallest one, for now, while the larger ones are being made."""
    image = get_object_or_404(Image, uid=uid, state="kept")
    if width not in THUMBNAIL_WIDTHS:
        raise Http404
    is_there = image.is_saved or width == min(THUMBNAIL_WIDTHS)
    width = width if is_there else min(THUMBNAIL_WIDTHS)
    response = archived(thumbnail_name(image.sha256, width), "image/webp")
    if not is_there:
        response["Cache-Control"] = "no-store"
    return response


@require_safe
def original(request: Request, uid: UUID) -> FileResponse | HttpResponseRedirect:
    """The untouched original; ?download offers it under a plain name.

    From the store itself where browsers may reach it, else through here.
    """
    image = get_object_or_404(Image, uid=uid, state="kept")
    name = f"darkroom-{image.job_id}-{image.place}.{image.extension}"
    is_download = "download" in request.GET
    disposition = content_disposition_header(is_download, name) or "inline"
    elsewhere = archive().public_address(
        image.path, media_type=image.media_type, disposition=disposition
    )
    if not elsewhere:
        return archived(image.path, image.media_type, filename=name, as_attachment=is_download)
    response = HttpResponseRedirect(elsewhere)
    response["Cache-Control"] = f"private, max-age={REDIRECTED_FOR}"
    return response


def archived(
    name: str, media_type: str, *, filename: str = "", as_attachment: bool = False
) -> FileResponse:
    """A file of the archive. Its name is its content, so a browser may keep it for ever."""
    try:
        file = default_storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        file, content_type=media_type, filename=filename, as_attachment=as_attachment
    )
    response["Content-Length"] = file.size
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
