"""The README's moving picture: a reply on its way through the four rooms, from a real run.

Pictures are taken of the page whenever what it shows has changed; in the film each stands as long
as it takes to read, so that a minute of waiting is a second. Nothing else is changed about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.sandbox.web.browsing import Tab

SIZE: Final[dict[str, Any]] = {
    "viewport": {"width": 1280, "height": 720},
    "color_scheme": "dark",
    # Dots that move would make a picture of every moment, and take the processor from the model.
    "reduced_motion": "reduce",
}
LONGEST: Final = 15_000
"""Milliseconds of the film."""
LARGEST: Final = 3_000_000
"""Bytes of its file."""
_LOOK_EVERY: Final = 0.25
_OPENING, _STEP, _ENDING = 1_600, 1_300, 4_500
"""Milliseconds that the first picture stands, each between, and the last."""
_SHORTEST: Final = 500
"""The least that one stands; of more pictures than fit, some are left out."""
_QUALITIES: Final = (82, 70, 58, 45)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of the page, and for how many milliseconds it stands."""

    picture: bytes
    milliseconds: int


async def take_film(browser: Browser, address: str, said: str, patience: int) -> list[Frame]:
    """Say something from the page as it opens, and take pictures until the reply is scored.

    ``patience`` is how many milliseconds that may take.
    """
    tab = await Tab.open(browser, address, **SIZE)
    page = tab.page
    chip = page.locator(".chip", has_text=said)
    await expect(chip).to_be_visible()
    pictures = [await page.screenshot()]
    await chip.hover()
    pictures.append(await page.screenshot())
    await chip.click()
    await page.mouse.move(640, 4)  # away from all that a pointer changes
    scored = asyncio.create_task(expect(page.locator(".verdict")).to_be_visible(timeout=patience))
    seen = ""
    while not scored.done():
        await asyncio.sleep(_LOOK_EVERY)
        seen = await _take_if_new(page, seen, pictures)
    await scored
    await asyncio.sleep(4 * _LOOK_EVERY)
    await _take_if_new(page, seen, pictures)
    await tab.context.close()
    return timed(pictures)


_WORDS: Final = "[...document.querySelectorAll('#messages, #panels, #comparison, #turn-bar')]"
"""What is looked at for a change: not the composer, nor who types."""


async def _take_if_new(page: Page, seen: str, pictures: list[bytes]) -> str:
    words = str(await page.evaluate(f"{_WORDS}.map((node) => node.innerText).join('|')"))
    if words != seen:
        pictures.append(await page.screenshot())
    return words


def timed(pictures: Sequence[bytes]) -> list[Frame]:
    """Return the pictures but those like the one before, with the times they stand.

    There are two at least: how the page opens, and how it ends.
    """
    first, *between, last = [p for i, p in enumerate(pictures) if i == 0 or p != pictures[i - 1]]
    left = LONGEST - _OPENING - _ENDING
    most = left // _SHORTEST
    if len(between) > most:
        between = [between[i * len(between) // most] for i in range(most)]
    step = min(_STEP, left // max(len(between), 1))
    return [Frame(first, _OPENING), *(Frame(one, step) for one in between), Frame(last, _ENDING)]


def save_film(frames: Sequence[Frame], path: Path) -> int:
    """Write the film as an animated WebP that stays below `LARGEST`; return its bytes.

    Raises RuntimeError where it is too long or too large.
    """
    if (length := sum(frame.milliseconds for frame in frames)) > LONGEST:
        raise RuntimeError(f"the film would be {length / 1000:.1f} s: too much happened in it")
    pictures = [Image.open(BytesIO(frame.picture)).convert("RGB") for frame in frames]
    for quality in _QUALITIES:
        pictures[0].save(
            path,
            save_all=True,
            append_images=pictures[1:],
            duration=[frame.milliseconds for frame in frames],
            loop=0,
            quality=quality,
            method=6,
        )
        if (size := path.stat().st_size) < LARGEST:
            return size
    raise RuntimeError(f"the film is {size} bytes in the lowest quality")
