"""The README's moving picture: a reply on its way through the four rooms, from a real run.

It is told in scenes: what is under way is in the light, with a line above it that says what it is,
and stands as long as it takes to read, so that a minute of waiting is a second. Nothing else is
changed about what the page shows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import Browser, Page, expect

from tests.sandbox.web.browsing import Tab

WIDTH: Final = 1180
HEIGHT: Final = 720
"""The page: as narrow as it may be with its four rooms side by side, so that it can be read."""
SIZE: Final[dict[str, Any]] = {
    "viewport": {"width": WIDTH, "height": HEIGHT},
    "color_scheme": "dark",
    # Dots that move would make a picture of every moment, and take the processor from the model.
    "reduced_motion": "reduce",
}
LONGEST: Final = 15_000
"""Milliseconds of the film."""
LARGEST: Final = 3_000_000
"""Bytes of its file."""
_LOOK_EVERY: Final = 0.25
_SHORTEST: Final = 400
"""Milliseconds that a picture stands at least; of more than fit into a scene, some are left out."""
_QUALITIES: Final = (82, 70, 58, 45)
_CAPTION: Final = 60
"""Pixels of the line above the page."""
_DARK: Final = 0.38
"""How much is left of the light of what a scene is not about."""
_ACCENT: Final = "#7c83ff"
_CHAT: Final = "#messages > .message:last-child"
_THERAPIST: Final = ".bubble.therapist"


@dataclass(frozen=True, slots=True)
class Scene:
    """A part of the film. It begins when ``begins_with`` (a selector) can be seen."""

    begins_with: str
    caption: str
    lit: str
    """What it is about, as a selector of all that is; nothing for the whole page."""
    milliseconds: int


SCENES: Final = (
    Scene("body", "A chatbot that goes to therapy before it answers", "", 1_500),
    Scene(".bubble.asked", "1   Somebody writes", f"{_CHAT}, .bubble.asked", 1_500),
    Scene(".bubble.draft", "2   What it would answer: a draft, not sent", ".bubble.draft", 2_200),
    Scene(".bubble.therapist", "3   Its Therapist says what is missing", _THERAPIST, 3_000),
    Scene(".bubble.chatbot", "4   It thinks that over, and tries anew", ".bubble.chatbot", 1_800),
    Scene(".bubble.sent", "5   Only this is sent", f".bubble.sent, {_CHAT}, #comparison", 2_200),
    Scene(".verdict", "6   A Critic scores both", ".panel.in-evaluation, #comparison", 2_800),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the page, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Shot:
    """The page at a moment: its picture, the scene it is of, and what is in the light."""

    picture: bytes
    scene: int
    lit: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of the film, and for how many milliseconds it stands."""

    picture: bytes
    milliseconds: int


async def take_film(browser: Browser, address: str, said: str, patience: int) -> list[Frame]:
    """Say something from the page as it opens, and take pictures until the reply is scored.

    ``patience`` is how many milliseconds that may take.
    """
    tab = await Tab.open(browser, address, **SIZE)
    page = tab.page
    await expect(page.locator(".chip").first).to_be_visible()
    shots = [Shot(await page.screenshot(), 0)]
    await tab.say(said)
    await page.mouse.move(WIDTH / 2, 4)  # away from all that a pointer changes
    scored = asyncio.create_task(expect(page.locator(".verdict")).to_be_visible(timeout=patience))
    seen = ""
    while not scored.done():
        await asyncio.sleep(_LOOK_EVERY)
        seen = await _take_if_new(page, seen, shots)
    await scored
    await asyncio.sleep(4 * _LOOK_EVERY)
    await _take_if_new(page, seen, shots)
    await tab.context.close()
    return timed([replace(shot, picture=told(shot)) for shot in shots])


_WORDS: Final = "[...document.querySelectorAll('#messages, #panels, #comparison, #turn-bar')]"
"""What is looked at for a change: not the composer, nor who types."""
_REACHED: Final = "(all) => all.map((one) => document.querySelector(one) !== null)"
_SCROLL: Final = (
    "(lit) => lit && document.querySelectorAll(lit).forEach("
    "(node) => node.scrollIntoView({ block: 'nearest' }))"
)
_BOXES: Final = """(lit) => lit ? [...document.querySelectorAll(lit)].map((node) => {
  const { left, top, right, bottom } = node.getBoundingClientRect();
  const seen = (node.closest(".panel, #scroller") ?? document.body).getBoundingClientRect();
  return [Math.max(left, seen.left), Math.max(top, seen.top),
    Math.min(right, seen.right), Math.min(bottom, seen.bottom)];
}).filter(([left, top, right, bottom]) => right - left > 20 && bottom - top > 20) : []"""
"""Where that is which is in the light, as far as it can be seen."""


async def _take_if_new(page: Page, seen: str, shots: list[Shot]) -> str:
    """Take a picture for each scene that has begun since, or one more of the last scene."""
    words = str(await page.evaluate(f"{_WORDS}.map((node) => node.innerText).join('|')"))
    if words == seen:
        return seen
    there = await page.evaluate(_REACHED, [scene.begins_with for scene in SCENES])
    begun = [number for number, here in enumerate(there) if here and number]  # it opens just once
    last = shots[-1].scene
    new = [number for number in begun if number > last] or begun[-1:]
    shots.extend([await _take(page, number) for number in new])
    return words


async def _take(page: Page, scene: int) -> Shot:
    await page.evaluate(_SCROLL, SCENES[scene].lit)
    boxes = await page.evaluate(_BOXES, SCENES[scene].lit)
    return Shot(await page.screenshot(), scene, tuple(Box(*box) for box in boxes))


def told(shot: Shot) -> bytes:
    """Return the picture with the line of its scene above it, and all in the dark but that."""
    page = Image.open(BytesIO(shot.picture)).convert("RGB")
    made = Image.new("RGB", (page.width, page.height + _CAPTION), "#0d0e12")
    made.paste(page.point(lambda value: int(value * _DARK)) if shot.lit else page, (0, _CAPTION))
    pen = ImageDraw.Draw(made)
    for box in shot.lit:
        edges = (int(box.left), int(box.top), int(box.right), int(box.bottom))
        made.paste(page.crop(edges), (edges[0], edges[1] + _CAPTION))
        frame = (edges[0], edges[1] + _CAPTION, edges[2] - 1, edges[3] + _CAPTION - 1)
        pen.rounded_rectangle(frame, radius=10, outline=_ACCENT, width=3)
    font = ImageFont.load_default(size=30)
    pen.text((22, _CAPTION // 2), SCENES[shot.scene].caption, "#ffffff", font, anchor="lm")
    file = BytesIO()
    made.save(file, "PNG")
    return file.getvalue()


def timed(shots: Sequence[Shot]) -> list[Frame]:
    """Return the pictures but those like the one before, with the times they stand.

    Each scene has its time; the last picture of a scene, in which all of it can be read, has most.
    """
    new = [shot for at, shot in enumerate(shots) if not at or shot.picture != shots[at - 1].picture]
    frames: list[Frame] = []
    for number, scene in enumerate(SCENES):
        pictures = [shot.picture for shot in new if shot.scene == number]
        most = scene.milliseconds // (2 * _SHORTEST)
        pictures = pictures[-1 - most :]
        frames.extend(Frame(picture, _SHORTEST) for picture in pictures[:-1])
        left = scene.milliseconds - _SHORTEST * len(pictures[:-1])
        frames.extend(Frame(picture, left) for picture in pictures[-1:])
    return frames


def line_of(arguments: Sequence[str], otherwise: str) -> str:
    """Return the line to say: what was given, with its white space as one space, or another."""
    return re.sub(r"\s+", " ", " ".join(arguments)).strip() or otherwise


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
