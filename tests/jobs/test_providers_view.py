"""What each provider can do: the page says what the records say."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from studio.jobs.abilities import columns, pixel_grid, price_grid, table
from studio.providers.catalog import PROVIDERS, find_model


def cell(label: str, provider: str) -> str:
    [row] = [row for row in table(columns()) if str(row.label) == label]
    return next(words for column, words in row.cells if column.css == provider)


def test_a_column_for_every_model_and_a_word_in_every_cell(as_bob: Client) -> None:
    html = as_bob.get("/providers/").content.decode()

    models = [model for provider in PROVIDERS.values() for model in provider.models]
    assert html.count('<th scope="col"><span class="prov') == len(models)
    assert html.count('<td data-of="') == len(models) * len(table(columns()))
    assert not re.search(r'<td data-of="[^"]*">\s*</td>', html)


@pytest.mark.parametrize(
    ("label", "provider", "words"),
    [
        ("Ratios", "gptimage2plus", "1:1, 2:3, 3:2"),
        ("Resolutions", "apimodels", "1K, 2K, 4K"),
        ("Exact sizes", "apimodels", "multiples of 16 up to 3840 px, no longer than 3:1"),
        ("Exact sizes", "apimart", "those of its table"),
        ("Exact sizes", "aigptimage", "–"),
        ("Background", "apimodels", "Transparent, Opaque, Auto"),
        ("Format", "aigptimage", "PNG, JPEG, WebP"),
        ("References", "gptimage2plus", "4, 10 MB each, PNG, JPEG, WebP"),
        ("References", "aigptimage", "none: text only"),
        ("Mask", "apimodels", "yes"),
        ("Mask", "apimart", "no"),
        ("Pictures in one call", "chatgpt2api", "4, 1 with references"),
        ("Prompt", "aigptimage", "20,000 characters"),
        ("Prompt", "apimart", "not told"),
        ("Price of a picture", "apimodels", "$0.005–$0.23"),
        ("Price of a picture", "gptimage2plus", "from 1 cr"),
        ("Price of a picture", "apimart", "not told"),
        ("Limits of a key", "gptimage2plus", "5 at a time, 600 calls an hour"),
        ("Safe to send again", "chatgpt2api", "yes"),
        ("Safe to send again", "apimart", "no"),
        ("Pictures stay there", "apimart", "24 hours"),
    ],
)
def test_it_says_what_the_record_says(label: str, provider: str, words: str) -> None:
    assert cell(label, provider) == words


def test_a_ratio_that_is_turned_into_another_is_told() -> None:
    assert "3:2 comes out as 4:3." in cell("Ratios", "chatgpt2api")


@pytest.mark.parametrize("column", columns(), ids=lambda column: column.model.id)
def test_every_cell_of_the_pixel_and_price_tables_is_shown(as_bob: Client, column) -> None:
    html = as_bob.get("/providers/").content.decode()
    model = column.model

    for size in {size for sizes in model.sizes.values() for size in sizes}:
        assert f"{size.width} × {size.height}" in html
    assert (pixel_grid(model) is None) == (not model.sizes)
    assert (price_grid(model) is None) == (not model.prices)


def test_prices_stand_by_resolution_and_quality() -> None:
    grid = price_grid(find_model("apimodels", "gpt-image-2-all"))

    assert grid.head == ["Low", "Medium", "High", "Auto"]
    assert grid.rows[1] == ("2K", ["$0.01", "$0.04", "$0.10", "$0.04"])


def test_the_keys_page_leads_there(as_bob: Client) -> None:
    assert 'href="/providers/"' in as_bob.get("/keys/").content.decode()
    assert as_bob.post("/providers/").status_code == 405
