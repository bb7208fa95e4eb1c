"""What every page knows of the engine."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from studio.engine import hold


def on_hold(request: HttpRequest) -> dict[str, object]:
    """The hold, or nothing; and what lifting it sets going. Asked only where a page shows it."""
    return {"hold": SimpleLazyObject(hold.current), "hold_plan": SimpleLazyObject(_plan)}


def _plan() -> hold.Plan | None:
    found = hold.current()
    return hold.plan(found) if found else None
