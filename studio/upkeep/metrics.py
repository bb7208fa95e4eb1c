"""/metrics, in the format of Prometheus: for its token, and for admins in their browser."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from studio.upkeep.figures import Figures

BEARER = "Bearer "


@never_cache
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """401 for whoever has neither the token nor an admin's session."""
    if not (has_token(request) or is_admin(request)):
        return HttpResponse(
            "A token is needed: STUDIO_METRICS_TOKEN.\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": "Bearer"},
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def has_token(request: HttpRequest) -> bool:
    """Compared in the same time whatever was sent. Without the setting no token is right."""
    said = request.headers.get("Authorization", "")
    wanted = settings.STUDIO_METRICS_TOKEN
    return bool(wanted) and constant_time_compare(said, f"{BEARER}{wanted}")


def is_admin(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_admin
