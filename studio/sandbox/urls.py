"""Addresses of this room: one line for each pretend provider."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("aigptimage/", include("studio.sandbox.aigptimage")),
    path("apimart/", include("studio.sandbox.apimart")),
    path("apimodels/", include("studio.sandbox.apimodels")),
    path("chatgpt2api/", include("studio.sandbox.chatgpt2api")),
    path("gptimage2plus/", include("studio.sandbox.gptimage2plus")),
]
