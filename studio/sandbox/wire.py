"""What all pretend providers share on the side of HTTP: reading bodies, sending pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import BoundedSemaphore
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from studio.sandbox import art
from studio.sandbox.tasks import Ending, Task

View = Callable[..., HttpResponseBase]

MB = 1024 * 1024
SMALL_BODY = 8 * MB

# Anybody may call the sandbox, so neither great bodies nor drawings may pile up in memory.
READING = BoundedSemaphore(1)
DRAWING = BoundedSemaphore(2)

PAGE = "<!doctype html><title>Welcome</title><h1>Welcome</h1><p>Nothing to see here.</p>"


class BadBodyError(Exception):
    """The body is not the JSON object that was asked for."""


class TooBigError(BadBodyError):
    """The body has more bytes than the provider takes."""


class CrowdedError(Exception):
    """Another great body is being read."""


class RefusedError(Exception):
    """The provider says no; the answer is ready."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def refusable(view: View) -> View:
    """A refusal that is raised inside the view becomes its answer."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: str, **path: str) -> HttpResponseBase:
        try:
            return view(request, *args, **path)
        except RefusedError as refused:
            return refused.response

    return wrapped


def bearer(request: HttpRequest) -> str:
    """The key that was sent, or nothing."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


@contextmanager
def json_body(request: HttpRequest, most: int) -> Iterator[dict[str, Any]]:
    """The body as a JSON object of at most so many bytes. Raises BadBodyError or CrowdedError."""
    with _let_in(request, most):
        yield _parsed(request, most)


@contextmanager
def form_body(request: HttpRequest, most: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """A form's fields and files, the last of each name. Raises as `json_body` does."""
    with _let_in(request, most):
        # The studio's own handlers let nothing in but what members send.
        request.upload_handlers = [
            MemoryFileUploadHandler(request),
            TemporaryFileUploadHandler(request),
        ]
        try:
            fields, files = request.POST.dict(), request.FILES.dict()
        except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
            raise BadBodyError from error
        yield fields, files


@contextmanager
def _let_in(request: HttpRequest, most: int) -> Iterator[None]:
    told = str(request.META.get("CONTENT_LENGTH") or "")
    length = int(told) if told.isdecimal() else 0
    if length > most:
        raise TooBigError
    is_small = length <= SMALL_BODY
    if not (is_small or READING.acquire(blocking=False)):
        raise CrowdedError
    try:
        yield
    finally:
        if not is_small:
            READING.release()


def _parsed(request: HttpRequest, most: int) -> dict[str, Any]:
    try:
        # Not request.body: that ends at DATA_UPLOAD_MAX_MEMORY_SIZE, far below a picture.
        # Decoded first, so that bytes, text and values never lie in memory together.
        text = request.read(most + 1).decode()
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError, UnreadablePostError) as error:
        raise BadBodyError from error
    if not isinstance(value, dict):
        raise BadBodyError
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def absolute(request: HttpRequest, path: str) -> str:
    """An address that others can open."""
    if settings.STUDIO_PUBLIC_URL:
        return f"{settings.STUDIO_PUBLIC_URL}{path}"
    return request.build_absolute_uri(path)


def picture(
    request: HttpRequest, task: Task, index: int, *, name: str, kind: str = "png"
) -> HttpResponseBase:
    """The picture itself, for anybody and for good; 304 for those who have it.

    name: unique for it. kind: png, jpeg or webp.
    """
    tag = f'"{hashlib.sha256(name.encode()).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=tag) or _drawn(task, index, tag, kind)


def drawn(task: Task, index: int, kind: str = "png") -> bytes:
    """The picture's bytes: the first half of them where its end is to be torn."""
    with DRAWING:
        data = art.draw(task.seed, index, task.width, task.height)
        data = data if kind == "png" else art.recoded(data, kind)
    return data[: len(data) // 2] if task.ending is Ending.TORN else data


def _drawn(task: Task, index: int, tag: str, kind: str) -> HttpResponse:
    data = drawn(task, index, kind)
    headers = {
        "Content-Length": str(len(data)),
        "ETag": tag,
        "Cache-Control": "public, max-age=86400, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type=f"image/{kind}", headers=headers)
