"""The reference tray in a browser: choose, drop, paste, order, remove."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, expect

from studio.accounts.models import User
from studio.jobs.models import Job, Reference
from tests.conftest import make_key
from tests.pages.conftest import sign_in
from tests.pages.scenes import drawn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HAND_OVER = """([kind, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const target = document.querySelector("#main");
  target.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def png(hue: int) -> bytes:
    return drawn(64, 48, hue)


def hand_over(page: Page, kind: str, data: bytes) -> None:
    page.evaluate(HAND_OVER, [kind, "one.png", base64.b64encode(data).decode()])


def files(*pictures: bytes) -> list[dict[str, object]]:
    return [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": data}
        for number, data in enumerate(pictures)
    ]


def in_tray(page: Page) -> list[str]:
    return page.locator("#tray [name=references]").evaluate_all("all => all.map(one => one.value)")


@pytest.fixture
def studio(page: Page, alice: User) -> Page:
    make_key(alice)
    sign_in(page, alice)
    page.goto("/")
    return page


def test_pictures_are_chosen_and_ordered_with_the_job(studio: Page) -> None:
    studio.set_input_files("#files", files(png(10), png(90)))
    expect(studio.locator("#tray .ref img")).to_have_count(2)
    expect(studio.locator("#refs-now")).to_have_text("2")

    studio.fill("#prompt", "like these")
    studio.click("#develop")

    expect(studio.locator(".card .chips")).to_contain_text("2 references")
    used = Job.objects.get().job_references.all()
    assert [str(use.reference.uid) for use in used] == in_tray(studio)


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_comes_from_anywhere_on_the_page(studio: Page, kind: str) -> None:
    hand_over(studio, kind, png(30))

    expect(studio.locator("#tray .ref img")).to_be_visible()
    assert Reference.objects.get().state == "ready"


def test_what_is_no_picture_is_refused_in_words(studio: Page) -> None:
    hand_over(studio, "drop", b"GIF89a? no, nothing")

    expect(studio.locator("#tray-error .error")).to_contain_text("one.png")
    expect(studio.locator("#tray .ref")).to_have_count(0)


def test_buttons_and_dragging_change_the_order(studio: Page) -> None:
    studio.set_input_files("#files", files(png(10), png(90), png(170)))
    expect(studio.locator("#tray .ref")).to_have_count(3)
    first, second, third = in_tray(studio)

    studio.get_by_role("button", name="Move later: reference 1").click()
    assert in_tray(studio) == [second, first, third]
    expect(studio.get_by_role("button", name="Move later: reference 2")).to_be_focused()
    studio.locator(f"#ref-{third}").drag_to(
        studio.locator(f"#ref-{second}"), target_position={"x": 5, "y": 40}
    )

    assert in_tray(studio) == [third, second, first]


def test_a_picture_is_removed(studio: Page) -> None:
    studio.set_input_files("#files", files(png(10), png(90)))
    expect(studio.locator("#tray .ref")).to_have_count(2)

    studio.get_by_role("button", name="Remove reference 1").click()

    expect(studio.locator("#tray .ref")).to_have_count(1)
    expect(studio.locator("#refs-now")).to_have_text("1")
    expect(studio.get_by_role("button", name="Remove reference 1")).to_be_focused()


def test_the_tray_survives_a_wrong_order(studio: Page) -> None:
    studio.complaints.expected.add("422")
    studio.set_input_files("#files", files(png(10), png(90)))
    expect(studio.locator("#tray .ref")).to_have_count(2)
    before = in_tray(studio)

    studio.click("#develop")
    expect(studio.locator("#prompt-error")).to_be_visible()

    assert in_tray(studio) == before


def test_a_link_that_may_not_be_fetched_is_refused_in_words(studio: Page) -> None:
    studio.get_by_text("From a link").click()

    studio.fill("#bylink-url", "http://127.0.0.1/cat.png")
    studio.press("#bylink-url", "Enter")

    expect(studio.locator("#tray-error .error")).to_be_visible()
    assert not Reference.objects.exists()
    assert not Job.objects.exists()


def test_a_fetched_picture_shows_itself_when_it_is_there(studio: Page) -> None:
    studio.get_by_text("From a link").click()
    studio.fill("#bylink-url", "https://pictures.example/cat.png")
    studio.get_by_role("button", name="Fetch").click()
    expect(studio.locator("#tray .ref[data-state=fetching]")).to_be_visible()

    Reference.objects.get().fail("not_a_picture")

    expect(studio.locator("#tray .ref[data-state=failed]")).to_contain_text("Not fetched")
    expect(studio.locator("#bylink-url")).to_have_value("")
