"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from studio.vault import views

urlpatterns = [
    path("keys/", views.keys, name="keys"),
    path("keys/add/", views.add, name="key-add"),
    path("keys/sandbox/", views.add_sandbox, name="key-add-sandbox"),
    path("keys/<uuid:uid>/edit/", views.edit, name="key-edit"),
    path("keys/<uuid:uid>/replace/", views.replace, name="key-replace"),
    path("keys/<uuid:uid>/test/", views.test, name="key-test"),
    path("keys/<uuid:uid>/pause/", views.pause, name="key-pause"),
    path("keys/<uuid:uid>/resume/", views.resume, name="key-resume"),
    path("keys/<uuid:uid>/share/", views.share, name="key-share"),
    path("keys/<uuid:uid>/default/", views.make_default, name="key-default"),
    path("keys/<uuid:uid>/delete/", views.delete, name="key-delete"),
    path("keys/<uuid:uid>/row/", views.row, name="key-row"),
]
