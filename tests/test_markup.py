"""The template tags of every room."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from studio import markup
from studio.accounts.models import User
from tests.conftest import make_key


def test_an_icon_is_hidden_from_screen_readers() -> None:
    svg = markup.icon("star", "lg")

    assert svg == '<svg class="i lg" aria-hidden="true"><use href="/static/icons.svg#star"/></svg>'


@pytest.mark.parametrize(
    ("value", "words"),
    [("auto", "Auto"), ("2k", "2K"), ("16:9", "16:9"), ("webp", "WebP"), ("png", "PNG")],
)
def test_a_choice_reads_well(value: str, words: str) -> None:
    assert markup.choice(value) == words


def test_a_ratio_is_drawn_in_its_shape() -> None:
    assert markup.shape("3:2") == "ar-3-2"
    assert markup.shape("auto") == "ar-1-1 auto"


def test_upright_ratios_stand_together() -> None:
    assert markup.wide_first(["auto", "1:1", "2:3", "3:2", "9:16"]) == [
        "auto",
        "1:1",
        "3:2",
        "2:3",
        "9:16",
    ]


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=2, seconds=3), "2 min"),
        (timedelta(hours=5, seconds=3), "5 h"),
        (timedelta(days=3, seconds=3), "3 d"),
    ],
)
def test_an_age_is_one_short_word(age: timedelta, words: str) -> None:
    assert f">{words}</time>" in markup.ago(timezone.now() - age)


def test_a_page_that_stays_open_knows_how_ages_are_said() -> None:
    assert markup.ages() == 'data-minute="1 min" data-hour="1 h" data-day="1 d"'
    with override("zh-hans"):
        assert markup.ages() == 'data-minute="1 分钟前" data-hour="1 小时前" data-day="1 天前"'


def test_sentences_stand_apart_as_the_language_wants() -> None:
    assert markup.say("One.", "", "Two.", "Three.") == "One. Two. Three."
    assert markup.sentences(["100 % of it.", "Two."]) == "100 % of it. Two."
    assert markup.sentences([]) == ""
    with override("zh-hans"):
        assert markup.say("一。", "二。") == "一。二。"


def test_what_still_lasts_is_one_short_word() -> None:
    assert markup.until(timezone.now() + timedelta(hours=22, seconds=5)) == "22 h"
    assert markup.until(timezone.now() - timedelta(hours=1)) == "1 min"


def test_a_key_has_the_colour_of_its_provider(alice: User) -> None:
    assert markup.tint(make_key(alice, is_sandbox=False)) == "apimart"
    assert markup.tint(make_key(alice, is_sandbox=True)) == "demo"


def test_a_key_says_what_its_model_offers(alice: User) -> None:
    assert markup.offers(make_key(alice)) == "1K–4K · 15 ratios · 16 references"
    assert markup.offers(make_key(alice, provider="gone")) == ""
