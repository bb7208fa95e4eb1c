"""Addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, path

from studio.engine import health

urlpatterns: list[URLPattern] = [path("healthz", health.healthz, name="healthz")]
