"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, path

from studio.engine import health, hooks, views

urlpatterns: list[URLPattern] = [
    path("healthz", health.healthz, name="healthz"),
    path("livez", health.livez, name="livez"),
    path("hooks/<slug:provider>/<uuid:uid>", hooks.signed, name="hook-signed"),
    path("hooks/<slug:provider>/<str:token>", hooks.callback, name="hook-callback"),
    path("hold/", views.on_hold, name="hold"),
    path("hold/resume/", views.resume, name="hold-resume"),
]
