"""What every page knows."""

from __future__ import annotations

from django.http import HttpRequest

from studio.accounts.models import Studio


def studio(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001 - Django's signature
    """The studio, or None before the first run."""
    return {"studio": Studio.objects.first()}
