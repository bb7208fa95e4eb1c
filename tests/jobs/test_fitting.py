"""What a provider cannot do is said with who could; exact sizes are judged while they are typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.jobs.composer import composer_context, open_composer
from studio.jobs.models import Reference
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.jobs.composing import HTMX, ordered


def key_of(owner: User, provider: str, **fields: Any) -> ProviderKey:
    return make_key(owner, **{"provider": provider, "is_sandbox": False, **fields})


def context_of(member: User, key: ProviderKey, **initial: Any) -> dict[str, Any]:
    form = open_composer(member)
    form.initial.update({"key": str(key.uid), **initial})
    return composer_context(form)


def references(owner: User, count: int) -> list[str]:
    rows = [
        Reference.objects.create(owner=owner, media_type="image/png", size=1000)
        for _ in range(count)
    ]
    return [str(row.uid) for row in rows]


def refusal(client: Client, key: ProviderKey, **changes: Any) -> str:
    data = ordered(key, **{"ratio": "1:1", "resolution": "", "count": "1", **changes})
    response = client.post("/jobs/place", data, headers=HTMX)
    assert response.status_code == 422
    return " ".join(response.content.decode().split())


# Who could --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size_width": "1008", "size_height": "992"}, "APIModels could do this."),
        ({"ratio": "21:9"}, "AIGPTImage, APIModels could do this."),
        ({"background": "transparent"}, "APIModels could do this."),
        ({"output_format": "webp"}, "AIGPTImage could do this."),
        ({"prompt": "x" * 5000}, "AIGPTImage, APIModels could do this."),
        ({"quality": "low", "output_format": "webp"}, "AIGPTImage could do this."),
    ],
)
def test_a_refused_order_names_who_could(
    as_bob: Client, bob: User, changes: dict[str, str], words: str
) -> None:
    key = key_of(bob, "gptimage2plus")
    for name in ("aigptimage", "apimodels"):
        key_of(bob, name)

    assert words in refusal(as_bob, key, **changes)


def test_references_that_are_too_many_are_sent_to_who_takes_them(as_bob: Client, bob: User) -> None:
    key = key_of(bob, "chatgpt2api")
    key_of(bob, "apimart")
    key_of(bob, "aigptimage")

    html = refusal(as_bob, key, ratio="1:1", resolution="1k", references=references(bob, 3))

    assert "takes 1 reference pictures; you have 3. APIMart could do this." in html


@pytest.mark.parametrize("change", [{"is_paused": True}, {"owner": "charlie"}])
def test_only_keys_that_can_be_used_are_named(
    as_bob: Client, bob: User, charlie: User, change: dict[str, Any]
) -> None:
    key = key_of(bob, "gptimage2plus")
    owner = charlie if change.pop("owner", None) else bob
    key_of(owner, "apimodels", **change)

    html = refusal(as_bob, key, background="transparent")

    assert "does not offer “transparent”" in html
    assert "could do this" not in html


def test_an_empty_prompt_sends_nobody_away(as_bob: Client, bob: User) -> None:
    key = key_of(bob, "gptimage2plus")
    key_of(bob, "apimodels")

    assert "could do this" not in refusal(as_bob, key, prompt=" ")


# The picker -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "count", "words"),
    [
        ("chatgpt2api", 3, "Takes 1 reference picture; you have 3."),
        ("gptimage2plus", 5, "Takes 4 reference pictures; you have 5."),
        ("aigptimage", 1, "Text only: it cannot use reference pictures."),
        ("chatgpt2api", 1, ""),
        ("apimodels", 5, ""),
        ("aigptimage", 0, ""),
    ],
)
def test_a_key_that_cannot_take_the_references_says_why(
    as_bob: Client, bob: User, provider: str, count: int, words: str
) -> None:
    chosen, other = key_of(bob, "apimart"), key_of(bob, provider)
    data = {**ordered(chosen), "references": references(bob, count)}

    html = as_bob.post("/composer", data, headers=HTMX).content.decode()

    line = html.split(f'id="key-{other.uid}"')[1].split("</label>")[0]
    assert (words in line) is True
    assert ("disabled" in line.split(">")[0]) is bool(words)


def test_the_chosen_key_stays_chosen_and_says_what_is_in_the_way(as_bob: Client, bob: User) -> None:
    chosen = key_of(bob, "aigptimage")
    key_of(bob, "apimart")
    data = {**ordered(chosen, resolution="1K", ratio="1:1"), "references": references(bob, 1)}

    html = as_bob.post("/composer", data, headers=HTMX).content.decode()

    line = html.split(f'id="key-{chosen.uid}"')[1].split(">")[0]
    assert "checked" in line
    assert "disabled" not in line
    assert "it cannot use reference pictures. APIMart could do this." in html


# Exact sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height", "words", "is_wrong"),
    [
        ("", "", "Multiples of 16, longer side at most 3840, no longer than 3:1", False),
        ("1024", "", "Multiples of 16, longer side", False),
        ("1000", "1000", "Multiples of 16 only. 992 × 992 would do.", True),
        ("1024", "1024", "Billed as 1K: $0.025 a picture.", False),
        ("1552", "1024", "Billed as 2K: $0.04 a picture.", False),
        ("3840", "2160", "Billed as 4K: $0.06 a picture.", False),
        ("3856", "2000", "The longer side has at most 3840 pixels.", True),
        ("1600", "512", "The longer side is at most 3 times the shorter one.", True),
        ("512", "512", "At least 655,360 pixels in all; this has 262,144.", True),
        ("3840", "3840", "At most 8,294,400 pixels in all; this has 14,745,600.", True),
    ],
)
def test_the_rule_of_a_size_is_told_while_it_is_typed(
    as_bob: Client, bob: User, width: str, height: str, words: str, *, is_wrong: bool
) -> None:
    data = ordered(key_of(bob, "apimodels"), size_width=width, size_height=height, ratio="1:1")
    headers = {**HTMX, "HX-Target": "size-note"}

    html = as_bob.post("/composer", data, headers=headers).content.decode()

    assert html.count("<p") == 1
    assert words in html
    assert ("t-bad" in html) is is_wrong


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (("1881", "836"), "1881 × 836 can be made."),
        (("1880", "836"), "1880 × 836 is not in the provider&#x27;s table. 1881 × 836 would do."),
        (("", ""), "One of the sizes in the provider&#x27;s table."),
    ],
)
def test_a_listed_size_is_looked_up(
    as_bob: Client, bob: User, size: tuple[str, str], words: str
) -> None:
    data = ordered(key_of(bob, "apimart"), size_width=size[0], size_height=size[1])

    html = as_bob.post("/composer", data, headers=HTMX).content.decode()

    assert words in html


@pytest.mark.parametrize(
    ("provider", "is_drawn"), [("apimodels", True), ("apimart", True), ("aigptimage", False)]
)
def test_the_fields_are_drawn_where_an_exact_size_can_be_asked_for(
    as_bob: Client, bob: User, provider: str, *, is_drawn: bool
) -> None:
    key_of(bob, provider)

    assert ('id="size_width"' in as_bob.get("/").content.decode()) is is_drawn


# What it comes out as, and what it costs --------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "choice", "pixels", "alias"),
    [
        ("chatgpt2api", {"ratio": "3:2", "resolution": "2k"}, "2048 × 1536 px", "4:3"),
        ("chatgpt2api", {"ratio": "4:3", "resolution": "1k"}, "no pixels promised", ""),
        ("apimodels", {"ratio": "9:16", "resolution": "2K"}, "no pixels promised", ""),
        (
            "gptimage2plus",
            {"ratio": "2:3", "resolution": "", "quality": "low"},
            "1024 × 1536 px",
            "",
        ),
        ("gptimage2plus", {"ratio": "2:3", "quality": "high"}, "no pixels promised", ""),
        ("aigptimage", {"ratio": "7:5"}, "", ""),
    ],
)
def test_it_tells_the_pixels_or_that_none_are_promised(
    bob: User, provider: str, choice: dict[str, str], pixels: str, alias: str
) -> None:
    context = context_of(bob, key_of(bob, provider), **choice)

    assert (context["pixels"], context["alias"]) == (pixels, alias)


@pytest.mark.parametrize(
    ("provider", "choice", "total", "each"),
    [
        ("apimodels", {"resolution": "2K", "quality": "high", "count": 4}, "≈ $0.40", "4 × $0.10"),
        ("apimodels", {"resolution": "2K", "count": 1}, "≈ $0.04", ""),
        ("apimodels", {"size_width": 3840, "size_height": 2160}, "≈ $0.06", ""),
        ("gptimage2plus", {"quality": "low", "resolution": "", "count": 3}, "≈ 3 cr", "3 × 1 cr"),
    ],
)
def test_an_order_is_estimated_by_the_providers_list(
    as_bob: Client, bob: User, provider: str, choice: dict[str, Any], total: str, each: str
) -> None:
    key = key_of(bob, provider)

    found = context_of(bob, key, **choice)["estimate"]

    assert (found.total, found.sum) == (total, each)


@pytest.mark.parametrize(
    ("provider", "words"),
    [("apimodels", "by the provider&#x27;s list"), ("apimart", "tells the price when it is done")],
)
def test_the_foot_says_where_the_figure_comes_from(
    as_bob: Client, bob: User, provider: str, words: str
) -> None:
    key_of(bob, provider)

    assert words.replace("&#x27;", "'") in as_bob.get("/").content.decode()
