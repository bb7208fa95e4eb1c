"""Drawings: the same number gives the same picture, another number another one."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageStat

from studio.sandbox import art

SCENES = range(len(art.SCENES))
NAMES = [scene.__name__ for scene in art.SCENES]


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_a_scene_is_the_same_each_time_and_another_for_each_index_and_seed(scene: int) -> None:
    seed = 40 * len(art.SCENES) + scene

    one, again = art.draw(seed, 0, 240, 180), art.draw(seed, 0, 240, 180)
    indexes = {art.draw(seed, index, 240, 180) for index in range(10)}
    other = art.draw(seed + len(art.SCENES), 0, 240, 180)

    assert one == again
    assert len(indexes | {other}) == 11


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
@pytest.mark.parametrize("size", [(16, 16), (3840, 16), (16, 3840), (257, 131), (512, 1536)])
def test_a_scene_fits_any_size(scene: int, size: tuple[int, int]) -> None:
    image = Image.open(io.BytesIO(art.draw(7 * len(art.SCENES) + scene, 0, *size)))

    assert (image.format, image.size, image.mode) == ("PNG", size, "RGB")


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_no_scene_is_a_grey_box(scene: int) -> None:
    image = Image.open(io.BytesIO(art.draw(3 * len(art.SCENES) + scene, 0, 480, 320)))

    assert max(ImageStat.Stat(image).stddev) > 12
    assert len(image.quantize(64).getcolors() or ()) > 30


@pytest.mark.parametrize(
    ("prompt", "scene"),
    [
        ("an orange cat on a moonlit window sill", "cat"),
        ("一只橘猫坐在窗台上看夕阳，水彩画风格", "cat"),
        ("A catalogue of mountains", "ridges"),
        ("雾中的山", "ridges"),
        ("the Sahara desert", "dunes"),
        ("沙漠日落", "dunes"),
        ("a lighthouse by the sea", "sea"),
        ("大海", "sea"),
        ("夜雨中的霓虹", "city"),
        ("pink flower", "bloom"),
        ("一朵花", "bloom"),
        ("a celadon vase", "vase"),
        ("星空下的古老城堡", "aurora"),
        ("ink in water", "ink"),
        ("paper waves", "paper"),
        ("a corgi astronaut on the moon, cinematic, 8k", "aurora"),
    ],
)
def test_words_of_the_prompt_choose_the_scene(prompt: str, scene: str) -> None:
    assert NAMES[art.seed_of(prompt) % len(NAMES)] == scene


def test_prompts_without_such_words_reach_every_scene() -> None:
    seeds = [art.seed_of(f"number {number}") for number in range(400)]

    assert {seed % len(NAMES) for seed in seeds} == set(SCENES)
    assert len(set(seeds)) == 400
    assert max(seeds) < 2**63


def test_the_salt_makes_another_picture_of_the_same_scene() -> None:
    plain, salted = art.seed_of("a cat"), art.seed_of("a cat", salt="https://example.com/a.jpg")

    assert plain != salted
    assert plain % len(NAMES) == salted % len(NAMES)
