from __future__ import annotations

import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from studio.jobs import pixels
from studio.jobs.errors import Animated, Broken, NotAPicture, PictureError, TooLarge
from studio.jobs.pixels import Facts
from tests.jobs.pictures import (
    BROKEN,
    GPS,
    NOT_PICTURES,
    SLOW,
    TOO_LARGE,
    animated,
    photo,
    read,
    sixteen_bits,
    with_gps,
    written,
)

HOSTILE = {**NOT_PICTURES, **BROKEN, **TOO_LARGE}
KINDS = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"), "WEBP": ("image/webp", "webp")}


def colour_of(data: bytes) -> str:
    return pixels.decode(BytesIO(data)).colour


def hostile(corpus: dict[str, bytes]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("data", corpus.values(), ids=corpus.keys())


class TestInspect:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_picture_is_what_its_bytes_say(self, kind: str):
        media_type, extension = KINDS[kind]

        facts = pixels.inspect(BytesIO(written(photo(), kind)))

        assert facts == Facts(media_type=media_type, extension=extension, width=60, height=40)

    def test_a_path_and_an_uploaded_file_are_read_alike(self, tmp_path: Path):
        data = written(photo())
        path = tmp_path / "cat.jpg"
        path.write_bytes(data)

        assert (
            pixels.inspect(path)
            == pixels.inspect(ContentFile(data))
            == pixels.inspect(BytesIO(data))
        )

    def test_a_file_is_read_from_its_beginning_and_left_open(self):
        with tempfile.TemporaryFile() as file:
            file.write(written(photo()))

            assert pixels.inspect(file) == pixels.inspect(file)
            assert not file.closed

    def test_a_missing_file_is_no_broken_picture(self, tmp_path: Path):
        with pytest.raises(FileNotFoundError):
            pixels.inspect(tmp_path / "none.png")

    @pytest.mark.promise(40)
    @hostile(NOT_PICTURES)
    def test_what_is_no_picture_is_refused(self, data: bytes):
        with pytest.raises(NotAPicture):
            pixels.inspect(BytesIO(data))

    @pytest.mark.promise(40)
    @hostile(BROKEN)
    def test_what_is_damaged_is_refused(self, data: bytes):
        with pytest.raises((Broken, NotAPicture)):
            pixels.inspect(BytesIO(data))

    @pytest.mark.promise(40)
    @hostile(TOO_LARGE)
    def test_what_is_too_large_is_refused(self, data: bytes):
        with pytest.raises(TooLarge):
            pixels.inspect(BytesIO(data))

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_a_moving_picture_of_a_provider_is_taken(self, kind: str):
        assert pixels.inspect(BytesIO(animated(kind))).width == 60

    def test_a_turned_picture_has_the_size_that_is_seen(self):
        facts = pixels.inspect(BytesIO(with_gps("JPEG", orientation=6)))

        assert (facts.width, facts.height) == (40, 60)


@pytest.mark.promise(40)
class TestEveryDoor:
    @hostile(HOSTILE)
    def test_cleaning_refuses(self, data: bytes):
        with pytest.raises(PictureError) as caught:
            pixels.clean(BytesIO(data))

        assert str(caught.value.message)

    @hostile(HOSTILE)
    def test_making_thumbnails_refuses(self, data: bytes):
        with pytest.raises(PictureError):
            list(pixels.thumbnails(BytesIO(data)))

    @hostile(HOSTILE)
    def test_the_colour_refuses(self, data: bytes):
        with pytest.raises(PictureError):
            colour_of(data)


class TestClean:
    @pytest.mark.promise(40)
    @pytest.mark.parametrize("kind", KINDS)
    def test_nothing_is_told_but_the_picture(self, kind: str):
        dirty = with_gps(kind)
        assert b"canary" in dirty.lower()
        assert read(dirty).getexif().get_ifd(GPS)

        data, facts = pixels.clean(BytesIO(dirty))

        image = read(data)
        assert (image.format, image.size) == (kind, (60, 40))
        assert facts == pixels.inspect(BytesIO(data))
        assert b"canary" not in data.lower()
        assert dict(image.getexif()) == {}
        assert not {"exif", "xmp", "comment", "Author", "XML:com.adobe.xmp"} & set(image.info)

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_it_is_put_upright(self, orientation: int):
        dirty = with_gps("PNG", orientation)

        data, facts = pixels.clean(BytesIO(dirty))

        image = read(data)
        wide, light_first = image.resize((2, 1)), image.resize((1, 2))
        is_sideways = orientation >= 5
        assert image.size == (facts.width, facts.height) == ((40, 60) if is_sideways else (60, 40))
        first, last = (light_first if is_sideways else wide).get_flattened_data(0)
        is_reversed = orientation in (2, 3, 7, 8)
        assert (first > last) != is_reversed

    @pytest.mark.promise(40)
    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_a_moving_picture_is_refused(self, kind: str):
        with pytest.raises(Animated):
            pixels.clean(BytesIO(animated(kind)))

    @pytest.mark.promise(40)
    def test_a_second_picture_in_a_jpeg_is_left_out(self):
        both = written(photo(), "MPO", save_all=True, append_images=[photo()])

        data, facts = pixels.clean(BytesIO(both))

        assert (read(data).format, facts.extension) == ("JPEG", "jpg")

    @pytest.mark.promise(40)
    @pytest.mark.parametrize(
        ("kind", "mode", "becomes"),
        [
            ("JPEG", "CMYK", "RGB"),
            ("JPEG", "L", "RGB"),
            ("PNG", "1", "RGB"),
            ("PNG", "L", "RGB"),
            ("PNG", "LA", "RGBA"),
            ("PNG", "P", "RGB"),
            ("PNG", "RGBA", "RGBA"),
            ("PNG", "I;16", "RGB"),
            ("WEBP", "RGBA", "RGBA"),
        ],
    )
    def test_odd_pixels_become_plain_ones(self, kind: str, mode: str, becomes: str):
        odd = photo().convert("L").convert(mode) if mode == "I;16" else photo(mode=mode)
        if mode == "RGBA":
            odd.putalpha(100)

        data, _ = pixels.clean(BytesIO(written(odd, kind)))

        assert (read(data).format, read(data).mode) == (kind, becomes)

    @pytest.mark.promise(40)
    @pytest.mark.parametrize(
        ("colour", "is_clear"),
        [(0, False), (0, True), (2, False), (2, True), (4, False), (6, False)],
    )
    def test_sixteen_bits_keep_their_light(self, colour: int, is_clear: bool):
        data, _ = pixels.clean(BytesIO(sixteen_bits(colour, clear=is_clear)))

        assert abs(read(data).convert("RGB").getpixel((0, 0))[0] - 128) <= 1

    def test_what_was_clear_stays_clear(self):
        image = photo(mode="P")
        data, _ = pixels.clean(BytesIO(written(image, transparency=image.getpixel((0, 0)))))

        assert read(data).getpixel((0, 0))[3] == 0

    def test_a_page_behind_the_picture_is_cut_off(self):
        data, _ = pixels.clean(BytesIO(written(photo()) + b"<script>alert(1)</script>"))

        assert b"<script>" not in data

    def test_the_colour_profile_stays_with_the_pixels_it_belongs_to(self):
        profile = b"a profile"

        kept, _ = pixels.clean(BytesIO(written(photo(), icc_profile=profile)))
        dropped, _ = pixels.clean(BytesIO(written(photo(mode="L"), icc_profile=profile)))

        assert read(kept).info["icc_profile"] == profile
        assert "icc_profile" not in read(dropped).info


class TestThumbnails:
    def test_there_is_one_for_each_width_in_its_own_shape(self):
        made = dict(pixels.thumbnails(BytesIO(written(photo(2048, 1024)))))

        assert {width: read(data).size for width, data in made.items()} == {
            1600: (1600, 800),
            768: (768, 384),
            384: (384, 192),
        }
        assert {read(data).format for data in made.values()} == {"WEBP"}

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_small_picture_is_not_blown_up(self, kind: str):
        made = dict(pixels.thumbnails(BytesIO(written(photo(500, 300), kind))))

        assert {width: read(data).size for width, data in made.items()} == {
            1600: (500, 300),
            768: (500, 300),
            384: (384, 230),
        }

    def test_a_tower_fits_too(self):
        ((_, data),) = pixels.thumbnails(BytesIO(written(photo(10, 20_000))), widths=[384])

        assert read(data).size == (1, 1536)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
    def test_any_pixels_will_do(self, mode: str):
        odd = photo().convert("L").convert(mode) if mode == "I;16" else photo(mode=mode)

        assert len(list(pixels.thumbnails(BytesIO(written(odd))))) == 3

    def test_they_are_upright_and_tell_nothing(self):
        ((_, data),) = pixels.thumbnails(BytesIO(with_gps("JPEG", orientation=6)), widths=[384])

        assert read(data).size == (40, 60)
        assert b"canary" not in data.lower()
        assert dict(read(data).getexif()) == {}


class TestDecoded:
    def test_one_decoding_gives_facts_and_thumbnails_in_any_order(self):
        data = written(photo(2048, 1024))

        picture = pixels.decode(BytesIO(data))
        made = {width: read(picture.thumbnail(width)).size for width in (384, 1600, 768)}

        assert picture.facts == pixels.inspect(BytesIO(data))
        assert made == {384: (384, 192), 1600: (1600, 800), 768: (768, 384)}

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_small_picture_is_not_blown_up(self, kind: str):
        picture = pixels.decode(BytesIO(written(photo(500, 300), kind)))

        made = {width: read(picture.thumbnail(width)).size for width in (384, 1600, 768)}

        assert made == {384: (384, 230), 1600: (500, 300), 768: (500, 300)}

    def test_a_turned_picture_stands_upright(self):
        picture = pixels.decode(BytesIO(with_gps("JPEG", orientation=6)))

        assert read(picture.thumbnail(384)).size == (40, 60)
        assert (picture.facts.width, picture.facts.height) == (40, 60)

    def test_moving_and_odd_ones_have_thumbnails_too(self):
        odd = [animated("PNG"), animated("WEBP"), sixteen_bits(2), sixteen_bits(0, clear=True)]
        odd += [written(photo(mode=mode), "JPEG") for mode in ("CMYK", "L")]

        made = [pixels.decode(BytesIO(data)).thumbnail(384) for data in odd]

        assert {read(data).format for data in made} == {"WEBP"}


class TestAverageColour:
    def test_it_is_the_mean(self):
        image = Image.new("RGB", (64, 64), "#ff0000")
        image.paste("#0000ff", (0, 0, 32, 64))

        assert colour_of(written(image)) == "#800080"

    def test_clear_is_white(self):
        assert colour_of(written(Image.new("RGBA", (8, 8), "#00000000"))) == "#ffffff"

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_has_one(self, kind: str):
        grey = Image.new("RGB", (64, 64), "#808080")

        assert colour_of(written(grey, kind)) == "#808080"


MEASURE = """
import re, sys
import django
django.setup()
from pathlib import Path
from studio.jobs import pixels
source = Path(sys.argv[1])
list(pixels.thumbnails(source))
pixels.clean(source)
picture = pixels.decode(source)
[picture.thumbnail(width) for width in (384, 1600, 768)]
picture.colour
# Not ru_maxrss: that begins with what the tests before had taken.
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.promise(40)
@pytest.mark.parametrize(
    ("kind", "mode", "size"),
    [
        ("JPEG", "RGB", (8160, 6120)),
        ("PNG", "P", (6000, 6000)),
        ("PNG", "I;16", (6000, 6000)),
        ("PNG", "RGBA", (6000, 6000)),
        ("WEBP", "RGBA", (3840, 3840)),
    ],
)
def test_the_largest_pictures_take_less_than_512_mb(
    tmp_path: Path, kind: str, mode: str, size: tuple[int, int]
):
    path = tmp_path / "large"
    Image.new(mode, size).save(path, kind, **({"compress_level": 1} if kind == "PNG" else {}))

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": "."},
    )

    assert int(done.stdout) < 512, done.stdout


CORPUS = """
import resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
import django
django.setup()
from studio.jobs import pixels
from studio.jobs.errors import PictureError
import re
for path in sorted(Path(sys.argv[1]).iterdir()):
    begun = time.process_time()
    for door in (pixels.inspect, pixels.clean, lambda path: list(pixels.thumbnails(path))):
        try:
            door(path)
        except PictureError:
            pass
        else:
            sys.exit(f"{path.name} was taken")
    if time.process_time() - begun > 10:
        sys.exit(f"{path.name} took too long")
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.promise(40)
def test_hostile_pictures_cost_little_time_and_memory(tmp_path: Path):
    for number, data in enumerate({**HOSTILE, **SLOW}.values()):
        (tmp_path / f"{number:03}").write_bytes(data)

    done = subprocess.run(
        [sys.executable, "-c", CORPUS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": "."},
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) < 512, done.stdout


@pytest.mark.promise(40)
@hostile(SLOW)
def test_what_would_take_hours_is_refused_at_once(data: bytes):
    with pytest.raises(PictureError):
        pixels.inspect(BytesIO(data))


@pytest.mark.promise(40)
def test_as_many_scans_as_encoders_write_are_read():
    data = written(photo(300, 200), "JPEG", progressive=True)

    assert pixels.inspect(BytesIO(data)).width == 300
