"""APIModels: what its record says of prices, sizes and masks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from studio.providers.apimodels import GPT_IMAGE_2_ALL as MODEL
from studio.providers.models import Price
from studio.providers.orders import Size
from tests.providers.test_apimodels import SQUARE, a_file, an_order

# The document's price table: long side, low, medium / auto, high.
DOCUMENTED = """
1K 1536 0.005 0.025 0.07
2K 2048 0.01  0.04  0.10
4K 3840 0.015 0.06  0.23
"""
CELLS = [
    (tier, int(side), quality, Decimal(dollars))
    for tier, side, low, medium, high in (line.split() for line in DOCUMENTED.strip().splitlines())
    for quality, dollars in (
        ("low", low),
        ("medium", medium),
        ("auto", medium),
        ("", medium),
        ("high", high),
    )
]


@pytest.mark.parametrize(("tier", "side", "quality", "dollars"), CELLS)
def test_every_cell_of_the_price_table_is_in_the_record(tier, side, quality, dollars):
    by_tier = an_order(ratio="16:9", resolution=tier, quality=quality)
    by_side = an_order(size=Size(side, 1024 if side < 3000 else 2160), quality=quality)

    assert MODEL.price(by_tier) == MODEL.price(by_side) == Price(amount=dollars)


@pytest.mark.parametrize(
    ("size", "dollars"),
    [
        ("1024x1024", "0.025"),
        ("1536x1024", "0.025"),
        ("1024x1536", "0.025"),
        ("1552x1024", "0.04"),
        ("2048x2048", "0.04"),
        ("2048x1152", "0.04"),
        ("1152x2048", "0.04"),
        ("2064x1152", "0.06"),
        ("3840x2160", "0.06"),
        ("2160x3840", "0.06"),
    ],
)
def test_an_exact_size_is_priced_by_its_longer_side(size, dollars):
    order = an_order(size=Size(*map(int, size.split("x"))))

    assert list(MODEL.problems(order)) == []
    assert MODEL.price(order) == Price(amount=Decimal(dollars))


def test_an_order_without_a_tier_has_no_listed_price():
    assert MODEL.price(an_order(ratio="1:1")) is None


@pytest.mark.parametrize(
    ("size", "is_fine"),
    [
        (Size(3840, 2160), True),  # 8,294,400 pixels, the longest side
        (Size(3856, 2144), False),
        (Size(3840, 2176), False),
        (Size(2880, 2880), True),
        (Size(1024, 640), True),  # 655,360 pixels
        (Size(1008, 640), False),
        (Size(1536, 512), True),  # 3:1
        (Size(512, 1536), True),
        (Size(1552, 512), False),
        (Size(1024, 1032), False),  # no multiple of 16
        (Size(1000, 1024), False),
        (Size(0, 0), False),
        (Size(-1024, -1024), False),
    ],
)
def test_a_size_keeps_the_documented_rule(size, is_fine):
    complaints = [problem.field for problem in MODEL.problems(an_order(size=size))]

    assert complaints == ([] if is_fine else ["size"])


def test_a_refused_size_is_told_the_rule():
    (problem,) = MODEL.problems(an_order(size=Size(1000, 1000)))

    sentence = problem.sentence % problem.params
    assert all(word in sentence for word in ("1000 × 1000", "16", "3840", "655360", "8294400"))


def test_the_pixels_of_a_ratio_are_the_servers_choice():
    assert MODEL.expected_sizes(an_order(ratio="9:16", resolution="2K")) == ()
    assert MODEL.expected_sizes(an_order(size=SQUARE)) == (SQUARE,)


@pytest.mark.parametrize("ratio", MODEL.ratios)
def test_no_ratio_is_beyond_three_to_one(ratio):
    short, long = sorted(map(int, ratio.split(":")))

    assert long <= 3 * short


def test_a_mask_needs_a_picture_to_lie_on():
    with_picture = an_order(references=(a_file(),), mask=a_file())

    assert list(MODEL.problems(with_picture)) == []
    assert [problem.field for problem in MODEL.problems(an_order(mask=a_file()))] == ["mask"]


def test_pictures_of_exact_sizes_are_ordered_one_by_one():
    assert MODEL.shares(an_order(count=3)) == [3]
    assert MODEL.shares(an_order(count=3, size=SQUARE)) == [1, 1, 1]
