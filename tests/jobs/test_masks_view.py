"""The painter, and masks that come from it or as a file."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from studio.accounts.models import User
from studio.jobs.models import Job, Reference
from studio.vault.models import ProviderKey
from tests.conftest import make_key
from tests.jobs.composing import HTMX, ordered, sendable
from tests.jobs.masks import BOX, a_mask, a_picture, mask, mask_file
from tests.jobs.pictures import photo, with_gps, written


@pytest.fixture
def key(bob: User) -> ProviderKey:
    return make_key(bob, provider="apimodels")


@pytest.fixture
def picture(bob: User) -> Reference:
    return a_picture(bob)


def address(picture: Reference) -> str:
    return f"/references/{picture.uid}/mask"


def stored(reference: Reference) -> Image.Image:
    with default_storage.open(reference.path) as file:
        return Image.open(BytesIO(file.read()))


# The painter ------------------------------------------------------------------------------------


def test_the_painter_is_a_page_and_a_fragment(as_bob: Client, picture: Reference) -> None:
    page = as_bob.get(address(picture)).content.decode()
    fragment = as_bob.get(address(picture), headers=HTMX).content.decode()

    assert page.lstrip().startswith("<!doctype html>")
    assert fragment.count("<html") == 0
    for html in (page, fragment):
        assert '<canvas width="60" height="40">' in html
        assert f'src="/references/{picture.uid}/original"' in html
        assert "data-mask" not in html


def test_it_goes_on_with_a_mask_of_this_picture_only(as_bob: Client, picture: Reference) -> None:
    own, other = a_mask(picture), a_mask(a_picture(picture.owner))

    shown = [
        f"/references/{one.uid}/original"
        in as_bob.get(address(picture), {"mask": one.uid}).content.decode()
        for one in (own, other)
    ]

    assert shown == [True, False]
    assert as_bob.get(address(picture), {"mask": "nonsense"}).status_code == 200


@pytest.mark.parametrize("state", ["fetching", "failed"])
def test_nothing_is_painted_on_what_is_not_there(
    as_bob: Client, picture: Reference, state: str
) -> None:
    Reference.objects.update(state=state)

    assert as_bob.get(address(picture)).status_code == 404
    assert as_bob.post(f"{address(picture)}/keep", {"mask_file": mask_file()}).status_code == 404


def test_a_mask_lies_on_a_picture_and_not_on_a_mask(as_bob: Client, picture: Reference) -> None:
    assert as_bob.get(address(a_mask(picture))).status_code == 404


# Keeping ----------------------------------------------------------------------------------------


def test_a_mask_is_kept_as_black_png_with_its_holes_and_nothing_else(
    as_bob: Client, picture: Reference
) -> None:
    as_bob.post(f"{address(picture)}/keep", {"mask_file": mask_file()}, headers=HTMX)

    kept = picture.masks.get()
    sheet = stored(kept)
    assert (kept.owner, kept.state, kept.media_type) == (picture.owner, "ready", "image/png")
    assert (kept.width, kept.height) == sheet.size == (picture.width, picture.height)
    assert sheet.mode == "RGBA"
    assert sheet.convert("RGB").getextrema() == ((0, 0),) * 3
    hole = Image.new("L", sheet.size, 255)
    hole.paste(0, BOX)
    assert sheet.getchannel("A").tobytes() == hole.tobytes()


def test_a_webp_becomes_a_png(as_bob: Client, picture: Reference) -> None:
    webp = mask_file(mask(kind="WEBP", lossless=True), "mask.webp")

    as_bob.post(f"{address(picture)}/keep", {"mask_file": webp}, headers=HTMX)

    assert stored(picture.masks.get()).format == "PNG"


def test_with_htmx_the_composer_gets_its_line_about_it(
    as_bob: Client, key: ProviderKey, picture: Reference
) -> None:
    first = a_picture(key.owner)
    composer = ordered(key, references=[str(first.uid), str(picture.uid)], mask="")

    response = as_bob.post(
        f"{address(picture)}/keep", composer | {"mask_file": mask_file()}, headers=HTMX
    )

    html = response.content.decode()
    assert f'name="mask" value="{picture.masks.get().uid}"' in html
    assert "Mask on 2: only the painted area is redrawn." in html
    assert "The mask lies on picture 2, and only the first one can have a mask." in html


def test_as_a_page_it_leads_to_a_composer_that_holds_both(
    as_bob: Client, key: ProviderKey, picture: Reference
) -> None:
    response = as_bob.post(f"{address(picture)}/keep", {"mask_file": mask_file()}, follow=True)

    fields = sendable(response)
    assert fields["references"] == [str(picture.uid)]
    assert fields["mask"] == [str(picture.masks.get().uid)]
    assert '<li class="ref masked"' in response.content.decode()


BAD = {
    "other size": (
        mask((61, 40)),
        "exactly as many pixels",
        "This one has 61 × 40, the picture 60",
    ),
    "turned": (mask((40, 60)), "exactly as many pixels", "This one has 40 × 60"),
    "opaque": (written(photo()), "nowhere transparent", "Paint something"),
    "half clear": (mask(clear=128), "nowhere transparent", ""),
    "jpeg": (with_gps("JPEG"), "nowhere transparent", ""),
    "no picture": (b"GIF89a? no, nothing", "not a picture", ""),
    "cut": (mask()[:70], "damaged", ""),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_no_fitting_mask_is_refused_in_words(
    as_bob: Client, picture: Reference, case: str, headers: dict[str, str]
) -> None:
    data, *words = BAD[case]

    response = as_bob.post(
        f"{address(picture)}/keep", {"mask_file": mask_file(data)}, headers=headers
    )

    assert response.status_code == 422
    assert response.get("HX-Retarget", "") == ("#painter-problem" if headers else "")
    assert all(word in response.content.decode() for word in words)
    assert not picture.masks.exists()


def test_without_a_file_it_says_what_to_do(as_bob: Client, picture: Reference) -> None:
    response = as_bob.post(f"{address(picture)}/keep")

    assert response.status_code == 422
    assert "Paint what is to be redrawn, or choose a file." in response.content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
def test_keeping_takes_no_link(as_bob: Client, picture: Reference, method: str) -> None:
    assert getattr(as_bob, method)(f"{address(picture)}/keep").status_code == 405
    assert as_bob.post(address(picture)).status_code == 405


# With an order ----------------------------------------------------------------------------------


def place(client: Client, key: ProviderKey, **fields: object) -> object:
    return client.post("/jobs/place", ordered(key, resolution="2K", **fields))


def test_an_order_takes_its_mask_along(
    as_bob: Client, key: ProviderKey, picture: Reference
) -> None:
    over = a_mask(picture)

    response = place(as_bob, key, references=[str(picture.uid)], mask=str(over.uid))

    assert response.status_code == 302
    assert Job.objects.get().mask == over


def test_without_javascript_the_mask_comes_with_the_order(as_bob: Client, key: ProviderKey) -> None:
    files = [mask_file(written(photo()), "a.png")]

    response = place(as_bob, key, files=files, mask_file=mask_file())

    job = Job.objects.get()
    assert response.status_code == 302
    assert job.mask.lies_on == job.job_references.get().reference


def test_without_javascript_too_a_mask_that_does_not_fit_is_refused(
    as_bob: Client, key: ProviderKey, picture: Reference
) -> None:
    wrong = mask_file(mask((99, 99)), "hole.png")

    alone = place(as_bob, key, mask_file=mask_file())
    large = place(as_bob, key, references=[str(picture.uid)], mask_file=wrong)

    assert "A mask lies on a reference picture: add one." in alone.content.decode()
    assert "hole.png: A mask has exactly as many pixels" in large.content.decode()
    assert sendable(large)["references"] == [str(picture.uid)]
    assert not Job.objects.exists()


def test_a_model_without_masks_refuses_and_nothing_is_lost(
    as_bob: Client, bob: User, picture: Reference
) -> None:
    over = a_mask(picture)
    plain = make_key(bob)

    response = as_bob.post(
        "/jobs/place",
        ordered(plain, references=[str(picture.uid)], mask=str(over.uid)),
        headers=HTMX,
    )

    html, fields = response.content.decode(), sendable(response)
    assert response.status_code == 422
    assert "APIMart does not take a mask." in html
    assert "Masks are taken by APIModels only. Remove the mask, or choose another key." in html
    assert (fields["mask"], fields["prompt"]) == ([str(over.uid)], ["an orange cat"])
    assert not Job.objects.exists()


def test_the_options_say_whether_masks_can_be_painted(
    as_bob: Client, bob: User, key: ProviderKey
) -> None:
    plain = make_key(bob)

    found = {
        one.provider: "data-has-mask"
        in as_bob.post("/composer", ordered(one), headers=HTMX).content.decode()
        for one in (key, plain)
    }

    assert found == {"apimodels": True, "apimart": False}


def test_a_choice_draws_the_line_about_the_mask_anew(
    as_bob: Client, key: ProviderKey, picture: Reference
) -> None:
    over, other = a_mask(picture), a_picture(key.owner)
    uids = [str(other.uid), str(picture.uid)]

    html = as_bob.post(
        "/composer",
        ordered(key, references=uids, mask=str(over.uid)),
        headers=HTMX | {"HX-Target": "options"},
    ).content.decode()

    assert 'hx-swap-oob="innerHTML:#mask-line"' in html
    assert "Mask on 2" in html
    assert "only the first one can have a mask" in html


def test_the_card_and_the_job_page_tell_of_the_mask(
    as_bob: Client, key: ProviderKey, picture: Reference
) -> None:
    place(as_bob, key, references=[str(picture.uid)], mask=str(a_mask(picture).uid))

    sheet = as_bob.get("/").content.decode()
    page = as_bob.get(f"/jobs/{Job.objects.get().uid}").content.decode()

    assert '<span class="chip">mask</span>' in sheet
    assert "<dt>Mask</dt><dd>yes</dd>" in page
