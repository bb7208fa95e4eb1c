"""How a form field looks in every room: drawn by templates/_field.html, classed here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.renderers import DjangoTemplates

PLAIN = (forms.HiddenInput, forms.FileInput)


def css_class(widget: forms.Widget) -> str:
    """The class of controls.css that draws a widget; none for those drawn by hand."""
    if isinstance(widget, PLAIN):
        return ""
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.Select):
        return "select"
    return "input" if isinstance(widget, (forms.widgets.Input, forms.Textarea)) else ""


class StudioField(BoundField):
    """A field whose widget carries its class."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        widget = widget or self.field.widget
        built = dict(super().build_widget_attrs(attrs, widget))
        if name := css_class(widget):
            built.setdefault("class", name)
        return built


class Renderer(DjangoTemplates):
    """Django's own widgets, with our fields around them."""

    bound_field_class = StudioField
