"""What every page knows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from studio.accounts.models import Studio


def studio(request: HttpRequest) -> dict[str, object]:
    """The studio, or nothing before the first run; fetched only where a page shows it."""
    return {"studio": SimpleLazyObject(Studio.objects.first)}
