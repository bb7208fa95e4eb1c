"""What a browser would send from a composer, and an order to begin with."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from studio.vault.models import ProviderKey

HTMX = {"HX-Request": "true"}


def ordered(key: ProviderKey, /, **changes: Any) -> dict[str, Any]:
    """A good order's form, with changes; None leaves a field out."""
    data = {
        "prompt": "an orange cat",
        "key": str(key.uid),
        "ratio": "3:2",
        "resolution": "2k",
        "count": "2",
        "form_token": str(uuid4()),
        **changes,
    }
    return {name: value for name, value in data.items() if value is not None}


def look(client: Client, address: str, method: str = "get", **data: Any) -> Any:
    """The answer, read to its end so that its file is closed."""
    response = getattr(client, method)(address, data)
    response.getvalue()
    return response


def sendable(response: HttpResponse) -> dict[str, list[str]]:
    """The fields of the composer in a page, as its next submit would send them."""
    reader = Composer()
    reader.feed(response.content.decode())
    reader.close()
    reader.fields.pop("csrfmiddlewaretoken")
    return reader.fields


class Composer(HTMLParser):
    """Reads what stands in the form `composer`."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.is_inside = False
        self.text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "form":
            self.is_inside = facts.get("id") == "composer"
        elif tag == "textarea" and self.is_inside:
            self.text, self.fields[facts["name"] or ""] = "", []
        elif tag == "input" and self.is_inside and is_sent(facts):
            self.fields.setdefault(facts["name"] or "", []).append(facts.get("value") or "on")

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        if tag == "textarea" and self.text is not None:
            self.fields["prompt"] = [self.text.removeprefix("\n")]
            self.text = None


def is_sent(facts: dict[str, str | None]) -> bool:
    if "name" not in facts or "disabled" in facts or facts.get("form", "composer") != "composer":
        return False
    if facts.get("type") in ("radio", "checkbox"):
        return "checked" in facts
    return facts.get("type") != "file" and facts.get("value") != ""
