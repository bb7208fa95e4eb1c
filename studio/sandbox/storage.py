"""A bucket with presigned addresses that keeps nothing: the name of a file tells what may come."""

from __future__ import annotations

import secrets

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from studio.sandbox import tasks

KINDS = ("image/png", "image/jpeg", "image/webp")
OPEN_FOR = 5 * 60 * 1000  # milliseconds
PIECE = 64 * 1024

NAMES = signing.Signer(salt="studio.sandbox.storage", sep=".")
ADDRESSES = signing.Signer(salt="studio.sandbox.storage.address", sep=".")


def reserve(kind: str, size: int) -> str:
    """A name for a file of this type and of so many bytes."""
    facts = [tasks.now() + OPEN_FOR, KINDS.index(kind), size, secrets.randbits(40)]
    return "inputs/" + NAMES.sign_object(facts, serializer=signing.JSONSerializer)


def is_ours(name: str) -> bool:
    """Whether a file of this name could have been put here."""
    return _facts(name) is not None


def signature(name: str) -> str:
    """What makes the address of a file one that it may be put to."""
    return ADDRESSES.signature(name)


@login_not_required
@csrf_exempt
@require_http_methods(["PUT"])
def put(request: HttpRequest, name: str) -> HttpResponse:
    """Count the bytes and throw them away."""
    refusal = _refusal(request, name)
    if refusal is None:
        return HttpResponse()
    status, code = refusal
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return HttpResponse(text, status=status, content_type="application/xml")


def _refusal(request: HttpRequest, name: str) -> tuple[int, str] | None:
    """Why these bytes may not be put here: a status and a code. Reads them all."""
    if "Authorization" in request.headers:
        return 400, "InvalidArgument"
    facts, told = _facts(name), request.GET.get("X-Amz-Signature", "")
    if facts is None or not secrets.compare_digest(signature(name).encode(), told.encode()):
        return 403, "SignatureDoesNotMatch"
    ends, kind, size = facts[:3]
    if tasks.now() >= ends:
        return 403, "AccessDenied"
    if request.content_type != KINDS[kind] or request.META.get("CONTENT_LENGTH") != str(size):
        return 403, "SignatureDoesNotMatch"
    return None if _weight(request) == size else (400, "IncompleteBody")


def _facts(name: str) -> list[int] | None:
    folder, _, signed = name.partition("/")
    try:
        facts: list[int] = NAMES.unsign_object(signed)
    except signing.BadSignature:
        return None
    return facts if folder == "inputs" else None


def _weight(request: HttpRequest) -> int:
    size = 0
    try:
        while piece := request.read(PIECE):
            size += len(piece)
    except UnreadablePostError:
        return -1
    return size
