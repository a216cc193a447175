"""The README's moving picture: as long as may be, and no longer."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.moving_picture import LARGEST, LONGEST, SCENES, Box, Shot, save_film, timed, told


def picture(shade: int) -> bytes:
    file = BytesIO()
    Image.new("L", (64, 36), shade).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("a_scene", [1, 2, 60])
def test_a_film_has_all_its_scenes_and_fifteen_seconds_at_most(
    a_scene: int, tmp_path: Path
) -> None:
    many = a_scene * len(SCENES)
    shots = [
        Shot(picture(97 * number % 256), number // a_scene)  # none like the one before
        for number in range(many)
        for _ in range(2)
    ]
    frames = timed(shots)
    assert frames[-1].picture == shots[-1].picture
    assert len(SCENES) <= len(frames) <= many
    assert sum(frame.milliseconds for frame in frames) == LONGEST
    assert save_film(frames, tmp_path / "film.webp") < LARGEST
    with Image.open(tmp_path / "film.webp") as film:
        assert getattr(film, "n_frames", 1) == len(frames)


def test_a_film_without_therapy_leaves_its_scenes_out() -> None:
    frames = timed([Shot(picture(9), 0), Shot(picture(99), 5), Shot(picture(199), 6)])
    assert [frame.milliseconds for frame in frames] == [
        SCENES[number].milliseconds for number in (0, 5, 6)
    ]


def test_what_a_scene_is_about_keeps_its_light_and_all_else_loses_it() -> None:
    shot = Shot(picture(200), 3, lit=(Box(20, 10, 60, 30),))
    with Image.open(BytesIO(told(shot))) as made:
        above = made.height - 36
        inside, outside = (made.getpixel((x, above + y)) for x, y in ((40, 20), (5, 5)))
    assert inside == (200, 200, 200)
    assert isinstance(outside, tuple)
    assert max(outside) < 100
