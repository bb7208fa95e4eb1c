"""A mask in a browser: painted, saved, sent; by pointer, keyboard, from a file, unscripted."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connections
from PIL import Image as Pillow
from playwright.sync_api import Browser, Locator, Page, expect

from studio.accounts.models import User
from studio.engine import leases
from studio.engine.pump import Pump
from studio.jobs.models import Job, Reference
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.jobs.masks import mask
from tests.pages.conftest import sign_in
from tests.pages.scenes import drawn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZE = (400, 300)


@pytest.fixture
def key(alice: User, live_server: Any, settings: Any) -> ProviderKey:
    settings.STUDIO_LOCAL_URL = live_server.url
    settings.STUDIO_SANDBOX_URL = f"{live_server.url}/sandbox"
    key = make_key(alice, provider="apimodels", is_default=True)
    key.set_secret("sandbox-0123456789")
    return key


@pytest.fixture
def studio(page: Page, alice: User, key: ProviderKey) -> Page:
    """The studio with one picture in its tray."""
    sign_in(page, alice)
    page.goto("/")
    add(page, drawn(*SIZE, 10))
    return page


def add(page: Page, picture: bytes) -> None:
    before = page.locator("#tray .ref").count()
    page.set_input_files("#files", file(picture))
    expect(page.locator("#tray .ref img")).to_have_count(before + 1)


def file(data: bytes) -> dict[str, Any]:
    return {"name": "a.png", "mimeType": "image/png", "buffer": data}


def paint_button(page: Page, number: int = 1) -> Locator:
    return page.get_by_role("button", name=f"Paint mask: reference {number}")


def open_painter(page: Page, number: int = 1) -> None:
    page.locator("#tray .ref").nth(number - 1).hover()
    paint_button(page, number).click()
    expect(page.get_by_role("toolbar", name="Mask tools")).to_be_visible()
    expect(share(page)).not_to_be_empty()


def share(page: Page) -> Locator:
    return page.locator("#painter [data-share]")


def percent(page: Page) -> int:
    return int(share(page).inner_text().rstrip("%"))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Places in parts of the picture's frame."""
    box = page.locator("#sheet-to-paint").bounding_box()
    assert box
    for number, (across, down) in enumerate((start, end)):
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down, steps=8)
        page.mouse.down() if number == 0 else page.mouse.up()


def use(page: Page) -> None:
    page.get_by_role("button", name="Use mask").click()


def painted(reference: Reference) -> Pillow.Image:
    with default_storage.open(reference.path) as stored:
        return Pillow.open(BytesIO(stored.read())).getchannel("A")


def pump() -> None:
    """One slice, in a thread of its own: in this one Playwright's loop runs."""

    def slice_() -> None:
        token = leases.take(0)
        assert token
        asyncio.run(Pump(0, token, linger=0.0).run(20.0))
        connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(slice_).result()


def test_what_is_painted_by_mouse_and_keys_is_sent_with_the_order(studio: Page) -> None:
    studio.fill("#prompt", "a vase [fast]")
    studio.get_by_text("2K", exact=True).click()
    studio.click("#develop")
    expect(studio.locator(".card")).to_have_count(1)

    open_painter(studio)
    drag(studio, (0.4, 0.5), (0.6, 0.5))
    by_mouse = percent(studio)
    studio.locator("#sheet-to-paint").focus()
    for key in ("]", "]", "Shift+ArrowDown", "Shift+ArrowDown", "ArrowLeft", "Space"):
        studio.keyboard.press(key)
    assert 0 < by_mouse < percent(studio) < 90
    use(studio)

    expect(studio.get_by_role("dialog", name="Paint mask")).to_be_hidden()
    expect(studio.locator("#mask-line")).to_contain_text("Mask on 1: only the painted area")
    expect(studio.locator("#tray .ref.masked")).to_have_count(1)
    expect(studio.locator("#prompt")).to_have_value("a vase [fast]")
    expect(studio.locator("[name=resolution]:checked")).to_have_value("2K")
    studio.click("#develop")
    expect(studio.locator(".card").first.locator(".chips")).to_contain_text("mask")
    pump()

    plain, masked = Job.objects.order_by("pk")
    hashes = [job.submissions.get().body_hash for job in (plain, masked)]
    alpha = painted(masked.mask)
    assert [job.submissions.get().ticket is not None for job in (plain, masked)] == [True, True]
    assert len(set(hashes)) == 2
    assert alpha.size == SIZE
    assert (alpha.getpixel((200, 150)), alpha.getpixel((5, 5))) == (0, 255)


def test_steps_are_taken_back_and_done_again(studio: Page) -> None:
    open_painter(studio)
    undo = studio.get_by_role("button", name="Undo")
    redo = studio.get_by_role("button", name="Redo")
    expect(undo).to_be_disabled()

    drag(studio, (0.4, 0.5), (0.6, 0.5))
    first = percent(studio)
    studio.get_by_role("button", name="Invert").click()
    assert percent(studio) == pytest.approx(100 - first, abs=1)
    studio.get_by_role("button", name="Clear", exact=True).click()
    assert percent(studio) == 0
    studio.keyboard.press("Control+z")
    undo.click()
    assert percent(studio) == first
    studio.keyboard.press("Control+Shift+z")

    assert percent(studio) == pytest.approx(100 - first, abs=1)
    redo.click()
    assert percent(studio) == 0
    expect(redo).to_be_disabled()


def test_the_eraser_takes_away_and_the_brush_has_a_size(studio: Page) -> None:
    open_painter(studio)
    drag(studio, (0.4, 0.5), (0.6, 0.5))
    before = percent(studio)
    ring = studio.locator(".m-ring")
    radius = float(ring.get_attribute("r") or 0)

    studio.get_by_text("Erase").click()
    studio.keyboard.press("]")
    drag(studio, (0.35, 0.5), (0.65, 0.5))

    assert float(ring.get_attribute("r") or 0) > radius
    assert before > 0
    assert percent(studio) == 0


def test_nothing_painted_is_refused_and_what_was_painted_stays(studio: Page) -> None:
    studio.complaints.expected.add("422")  # type: ignore[attr-defined]
    open_painter(studio)

    use(studio)

    expect(studio.locator("#painter-problem")).to_contain_text("nothing would be redrawn")
    drag(studio, (0.4, 0.5), (0.6, 0.5))
    use(studio)
    expect(studio.locator("#tray .ref.masked")).to_have_count(1)


def test_a_painter_closed_by_mistake_still_holds_what_was_painted(studio: Page) -> None:
    open_painter(studio)
    drag(studio, (0.4, 0.5), (0.6, 0.5))
    before = percent(studio)

    studio.keyboard.press("Escape")
    expect(studio.get_by_role("dialog", name="Paint mask")).to_be_hidden()
    expect(studio.locator("#tray .ref.masked")).to_have_count(0)
    open_painter(studio)

    assert percent(studio) == before > 0


def test_a_mask_is_gone_on_with_and_removed(studio: Page) -> None:
    open_painter(studio)
    drag(studio, (0.4, 0.5), (0.6, 0.5))
    before = percent(studio)
    use(studio)
    studio.get_by_role("link", name="Edit mask").click()
    expect(share(studio)).to_have_text(f"{before}%")
    studio.get_by_role("button", name="Close without saving").click()

    studio.get_by_role("button", name="Remove mask").click()

    expect(studio.locator("#mask-line [name=mask]")).to_have_count(0)
    expect(studio.locator("#tray .ref.masked")).to_have_count(0)


def test_a_mask_goes_with_its_picture(studio: Page) -> None:
    add(studio, drawn(*SIZE, 90))
    open_painter(studio, 2)
    drag(studio, (0.4, 0.5), (0.6, 0.5))
    use(studio)
    expect(studio.locator("#mask-line")).to_contain_text("only the first one can have a mask")

    studio.get_by_role("button", name="Move earlier: reference 2").click()
    expect(studio.locator("#mask-line")).to_contain_text("Mask on 1")
    expect(studio.locator("#mask-line .error")).to_have_count(0)
    expect(studio.locator("#tray .ref.masked .n")).to_have_count(1)
    studio.get_by_role("button", name="Remove reference 1").click()

    expect(studio.locator("#mask-line")).to_be_empty()


def test_a_provider_without_masks_has_no_brush_and_says_so(studio: Page, alice: User) -> None:
    make_key(alice, label="Plain")
    studio.reload()
    add(studio, drawn(*SIZE, 10))
    open_painter(studio)
    drag(studio, (0.4, 0.5), (0.6, 0.5))
    use(studio)
    expect(studio.locator("#mask-line")).to_contain_text("Mask on 1")

    studio.locator("#picker > summary").click()
    studio.locator("#picker .pv", has_text="Plain").click()

    expect(studio.locator("#mask-line")).to_contain_text("Masks are taken by APIModels only.")
    expect(studio.locator("#tray .paint")).to_be_hidden()
    expect(studio.locator("#mask-line [name=mask]")).to_have_count(1)


def test_a_file_of_the_right_size_is_painted_on(studio: Page) -> None:
    studio.complaints.expected.add("422")  # type: ignore[attr-defined]
    open_painter(studio)
    chooser = studio.locator("#painter [name=mask_file]")

    chooser.set_input_files(file(mask((99, 99))))
    expect(studio.locator("#painter-problem")).to_contain_text("This one has 99 × 99")
    chooser.set_input_files(file(mask(SIZE)))
    expect(studio.get_by_role("button", name="Undo")).to_be_enabled()
    use(studio)

    expect(studio.locator("#tray .ref.masked")).to_have_count(1)
    assert painted(Reference.objects.get(lies_on__isnull=False)).getpixel((15, 15)) == 0


def test_the_painter_works_as_a_page_too(studio: Page) -> None:
    studio.fill("#prompt", "half a thought")
    picture = Reference.objects.get()
    studio.goto(f"/references/{picture.uid}/mask")

    drag(studio, (0.4, 0.5), (0.6, 0.5))
    use(studio)

    expect(studio.locator("#tray .ref.masked")).to_have_count(1)
    expect(studio.locator("#prompt")).to_have_value("half a thought")


def test_without_javascript_a_mask_is_a_file(
    browser: Browser, live_server: Any, alice: User, key: ProviderKey
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.complaints = type("Host", (), {"origin": live_server.url.split("//")[1]})
    sign_in(page, alice)
    page.goto("/")

    page.fill("#prompt", "plain and simple")
    page.set_input_files("#files", file(drawn(*SIZE, 10)))
    page.set_input_files("noscript [name=mask_file]", file(mask(SIZE)))
    page.click("#develop")

    expect(page.locator(".card .chips")).to_contain_text("mask")
    context.close()
