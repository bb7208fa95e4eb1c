"""Every address of the studio, room by room."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("studio.accounts.urls")),
    path("", include("studio.vault.urls")),
    path("", include("studio.jobs.urls")),
    path("", include("studio.engine.urls")),
    path("", include("studio.upkeep.urls")),
]

if settings.STUDIO_SANDBOX:
    urlpatterns.append(path("sandbox/", include("studio.sandbox.urls")))

handler400 = "studio.errors.bad_request"
handler403 = "studio.errors.forbidden"
handler404 = "studio.errors.not_found"
handler500 = "studio.errors.server_error"
