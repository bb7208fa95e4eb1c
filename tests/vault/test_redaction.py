from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from studio.vault.redaction import redact

SECRET = "sk+canary/77=Zq:0123456789"


@pytest.mark.promise(29)
@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_no_form_of_it_stays(form: str) -> None:
    assert redact(f"before {form} after", SECRET).startswith("before …")
    assert form not in redact(f"before {form} after", SECRET)


def test_one_that_is_cut_off_at_the_end_goes_too() -> None:
    assert redact(f"key {SECRET[:-3]}", SECRET) == "key …"


def test_other_texts_stay_as_they_are() -> None:
    assert redact("sk is short", SECRET) == "sk is short"
