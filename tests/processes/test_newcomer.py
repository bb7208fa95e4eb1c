"""What a newcomer does, in a browser, on a real tree: from an empty folder to a picture, and on."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.benchmarks._tree import PASSWORD, ROOT, Tree
from tests.browsing import Complaints

pytestmark = [pytest.mark.processes, pytest.mark.browser]

ARTEFACTS = ROOT / "artefacts" / "newcomer"
PROMPT = "Paper-cut tide in nine layers, apricot to navy, hard side light"
LIFE = ["queued", "submitting", "running", "saving", "succeeded"]
DEVELOPED_WITHIN = 30_000  # milliseconds

# Every frame: what state the first card is in, and where it stands. Equal ones in a row are one.
WATCH = """() => {
  window.seen = [];
  const look = () => {
    const card = document.querySelector("#sheet > .card");
    if (card) {
      const { top, left, width, height } = card.getBoundingClientRect();
      const now = { state: card.dataset.state, box: [top, left, width, height] };
      if (JSON.stringify(now) !== JSON.stringify(seen.at(-1))) seen.push(now);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture
def new_tree(tmp_path: Path) -> Iterator[Tree]:
    with Tree(tmp_path / "data") as tree:
        yield tree


@pytest.fixture
def locale(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "en")


@pytest.fixture
def page(browser: Browser, new_tree: Tree, locale: str) -> Iterator[Page]:
    context = browser.new_context(base_url=new_tree.url, locale=locale)
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints = Complaints(page, new_tree.url)
    yield page
    context.close()
    assert complaints.found == []


class Album:
    """Numbered screenshots of a walk."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder, self.numbers = page, folder, itertools.count(1)

    def keep(self, name: str) -> None:
        path = self.folder / f"{next(self.numbers)}-{name}.png"
        self.page.screenshot(path=path, caret="initial")  # hiding it would break the CSP


def set_up(page: Page, album: Album) -> None:
    """The first run, in any language: an admin, and a key for the sandbox."""
    page.goto("/")
    page.locator("[name=name]").fill("Alice Admin")
    page.locator("[name=email]").fill("alice@example.com")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=studio_name]").fill("Halide Studio")
    album.keep("first-run")
    page.locator("main form button[type=submit]").click()
    album.keep("welcome")
    page.locator("form[action='/keys/sandbox/'] button").click()


def states_of(sightings: list[dict[str, Any]]) -> list[str]:
    return [state for state, _ in itertools.groupby(one["state"] for one in sightings)]


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height as the header of a PNG tells them."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data[12:16] == b"IHDR"
    return struct.unpack(">II", data[16:24])


def copied(page: Page) -> str:
    expect(page.locator("#copied")).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))


def width_of(picture: Locator) -> int:
    """Its own pixels, once it has been loaded and decoded."""
    return int(
        picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")
    )


def developed_card(page: Page) -> Locator:
    """The first card of the sheet, once it is done and its picture can be seen."""
    card = page.locator("#sheet > .card").first
    expect(card).to_have_attribute("data-state", "succeeded", timeout=DEVELOPED_WITHIN)
    expect(card.locator(".print img")).to_be_visible()
    assert width_of(card.locator(".print img")) > 0
    return card


def check_sightings(sightings: list[dict[str, Any]]) -> None:
    """The card went through its states in their order, and never moved or grew."""
    states = states_of(sightings)
    assert states == [state for state in LIFE if state in states]
    assert {"running", "succeeded"} <= set(states)
    assert len({tuple(one["box"]) for one in sightings}) == 1, sightings


def check_links(page: Page, public_url: str) -> None:
    """The provider's address gives everybody the ordered picture; the archive the same bytes."""
    public = httpx.get(public_url)
    assert (public.status_code, public.headers["content-type"]) == (200, "image/png")
    assert png_size(public.content) == (1536, 1024)
    provider = page.get_by_role("button", name="Copy the provider URL")
    assert provider.get_attribute("data-copy") == public_url
    page.get_by_role("button", name="Copy the archived URL").click()
    archived_url = copied(page)
    assert page.context.request.get(archived_url).body() == public.content
    assert httpx.get(archived_url).status_code == 302  # strangers are sent to the login


@pytest.mark.promise(36)
def test_a_newcomer_sees_a_picture_develop(page: Page):
    album = Album(page, ARTEFACTS)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    set_up(page, album)

    page.get_by_label("Prompt", exact=True).fill(PROMPT)
    page.locator("[name=ratio][value='3:2']").check(force=True)
    expect(page.locator("#opt-ratio output")).to_contain_text("1536 × 1024")
    album.keep("composer")
    page.evaluate(WATCH)
    page.get_by_role("button", name="Develop").click()
    running = page.locator("#sheet > .card[data-state=running]")
    expect(running).to_be_visible(timeout=DEVELOPED_WITHIN)
    album.keep("developing")
    card = developed_card(page)
    album.keep("developed")
    check_sightings(page.evaluate("window.seen"))

    card.get_by_role("button", name="Copy URL").click()
    public_url = copied(page)
    card.get_by_role("link", name="Details of").click()
    expect(page.get_by_role("heading", name="Job 1")).to_be_visible()
    expect(page.locator(".line")).to_contain_text("Archived")
    assert width_of(page.locator("#viewer img").first) > 0
    album.keep("job")
    check_links(page, public_url)

    page.get_by_role("link", name="Remix").click()
    expect(page.locator("#prompt")).to_have_value(PROMPT)
    expect(page.locator("[name=ratio]:checked")).to_have_value("3:2")
    expect(page.locator("[name=resolution]:checked")).to_have_value("1k")
    expect(page.locator("#n")).to_have_value("1")
    album.keep("remix")


@pytest.mark.promise(36)
@pytest.mark.parametrize("locale", ["zh-CN"], indirect=True)
def test_a_newcomer_from_china_is_met_in_chinese(page: Page, locale: str):
    album = Album(page, ARTEFACTS / "zh")

    set_up(page, album)
    page.locator("#prompt").fill("月光下窗台上的橘猫，水彩 [fast]")
    album.keep("composer")
    page.locator("#develop").click()
    developed_card(page)
    album.keep("developed")

    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
