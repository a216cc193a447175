"""The README's moving picture: as long as may be, and no longer."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.moving_picture import LARGEST, LONGEST, save_film, timed


def picture(shade: int) -> bytes:
    file = BytesIO()
    Image.new("L", (64, 36), shade).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("changes", [2, 9, 60])
def test_a_film_has_its_beginning_its_end_and_fifteen_seconds_at_most(
    changes: int, tmp_path: Path
) -> None:
    shades = [97 * number % 256 for number in range(changes)]  # none near the one before
    frames = timed([picture(shade) for shade in shades for _ in range(2)])
    assert (frames[0].picture, frames[-1].picture) == (picture(0), picture(shades[-1]))
    assert len({frame.picture for frame in frames}) == len(frames) >= min(changes, 10)
    assert sum(frame.milliseconds for frame in frames) <= LONGEST
    assert save_film(frames, tmp_path / "film.webp") < LARGEST
    with Image.open(tmp_path / "film.webp") as film:
        assert getattr(film, "n_frames", 1) == len(frames)
