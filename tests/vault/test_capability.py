from __future__ import annotations

from dataclasses import replace

import pytest

from studio.providers.apimart import GPT_IMAGE_2
from studio.providers.catalog import PROVIDERS
from studio.vault import capability


def test_the_line_is_drawn_from_the_models_record() -> None:
    line = capability.capability("apimart")

    assert line == (
        "1K–4K, 15 ratios · 16 references · up to 10 pictures at once · official fallback"
        " · pictures stay 24 h"
    )


def test_a_small_model_has_a_short_line() -> None:
    small = replace(
        GPT_IMAGE_2,
        ratios=("auto", "1:1"),
        resolutions=("1k",),
        max_references=0,
        max_count=1,
        has_official_fallback=False,
        keeps_hours=None,
        has_mask=True,
        backgrounds=("opaque", "transparent"),
    )

    assert " · ".join(capability._abilities(small)) == (
        "1K, 1 ratio · text only · mask · transparent background"
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_one(provider: str) -> None:
    assert capability.capability(provider)
