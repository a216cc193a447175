"""``python -m tests.screenshots``: the docs' pictures, from real conversations.

Runs the demo as a person does, with the embedded model (or whichever is configured), talks with
it in the system's Chromium, and takes the pictures. The file of a session is of that conversation;
the chart of scores needs more turns, and is of a simulation. Takes some ten minutes on two
processor cores. ``python -m tests.screenshots film "a line to say"`` takes the moving picture
alone, and says which model it is of. The Chatbot has the persona narcissistic in all of them. A
font with emoji has to be there (fonts-noto-color-emoji).
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, FloatRect, expect
from rich.console import Console

from bot.reports.charts import draw_days
from bot.reports.days import every_day
from bot.reports.scores_answer import read_scores
from bot.reports.session_export import read_session
from bot.reports.session_record import as_html
from bot.storage.database.database import Database
from bot.storage.stores.stores import Stores
from tests.moving_picture import line_of, save_film, take_film
from tests.sandbox.web.browsing import CHROMIUM, Tab, open_browser

PROJECT: Final = Path(__file__).parent.parent
PICTURES: Final = PROJECT / ".pictures"
SAID: Final = (
    "I finally got the job! I start on Monday.",
    "You only ever talk about yourself. You never listen to me.",
)
FILMED: Final = "You never listen to me."
"""What is said in the film, unless another line is given."""
REPORTED: Final = "It did not ask what I meant."
"""What Ana says of the last reply, so that there is one to review."""
DEMO: Final = ("-m", "bot", "demo")
VAIN: Final = ("--persona", "narcissistic")
"""A Chatbot that gives its Therapist something to do."""
SIMULATED: Final = (
    *("-m", "bot", "simulate", "--chatbot-persona", "narcissistic", "--no-alliance"),
    *("--persona", "glad", "--persona", "boaster", "--persona", "mistrusts-own-memory"),
    *("--turns", "3", "--seed", "1"),
)
CHART_TITLE: Final = "A simulation: three people, three turns each"
START_SECONDS: Final = 600.0
"""The first start may have to fetch the model."""
TURN: Final = 300_000
"""Milliseconds for a turn and its card."""
STILL: Final = {"reduced_motion": "reduce"}
"""Without a graphics card each moving dot takes the processor from the model."""
WIDE: Final = {
    **STILL,
    "viewport": {"width": 1280, "height": 800},
    "device_scale_factor": 1.5,
    "color_scheme": "dark",
}
PHONE: Final = {
    **STILL,
    "viewport": {"width": 390, "height": 780},
    "device_scale_factor": 2,
    "has_touch": True,
    "color_scheme": "light",
}
PAPER_WIDTH: Final = 900
PAPER: Final[dict[str, Any]] = {
    **STILL,
    "viewport": {"width": PAPER_WIDTH, "height": 800},
    "device_scale_factor": 1.5,
    "color_scheme": "light",
}
_DRAWN: Final = (
    "(node) => Promise.all([...node.querySelectorAll('img')].map((one) => one.decode()))"
)
EMOJI: Final = ":charset=1f44d"
"""The fonts that have a thumbs-up."""
_NO_GUIDE: Final = "localStorage.setItem('guide shown', 'false')"


async def main(arguments: Sequence[str] = ()) -> int:
    console = Console(stderr=True)
    only_film = arguments[:1] == ["film"]
    if missing := _missing():
        console.print(f"This machine has no {missing}.")
        return 1
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_browser() as browser:
            with console.status("Filming a reply (a minute or two)"):
                await film(browser, folder, console, line_of(arguments[1:], FILMED))
            if only_film:
                return 0
            database = folder / "talk" / "four-rooms.db"
            async with run_demo(folder / "talk", *VAIN) as address:
                with console.status("Talking (a few minutes)"):
                    await take_pictures(browser, address)
                    await take_moderators_pictures(browser, address, database)
            await session_picture(browser, database, folder)
        with console.status("Simulating (some minutes more)"):
            await run_simulation(folder / "simulation.db")
        await chart_picture(folder / "simulation.db")
    console.print(f"The pictures are in {PICTURES.relative_to(PROJECT)}/.")
    return 0


def _missing() -> str:
    """Return what pictures need and is not here, with how to get it; nothing if all is."""
    if CHROMIUM is None:
        return "Chromium: install chromium"
    if (fonts := shutil.which("fc-list")) is None:
        return ""
    command = (fonts, EMOJI)
    listed = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - all our own
    return "" if listed.stdout else "font with emoji: install fonts-noto-color-emoji"


async def film(browser: Browser, folder: Path, console: Console, said: str) -> None:
    """Take the moving picture, and say what its caption has to say."""
    async with run_demo(folder / "film", *VAIN) as address:
        frames = await take_film(browser, address, said, TURN)
    async with stores_of(folder / "film" / "four-rooms.db") as stores:
        (room,) = await stores.rooms.all()
        (turn,) = await stores.turns.latest(room.id, 1)
        models = {call.model for call in await stores.calls.of_turn(turn.id)}
        took = await stores.turn_history.latencies(room.id, 1)
    if not took:
        raise RuntimeError(f"there was no reply to film: {turn.withheld_because}")
    size = save_film(frames, PICTURES / "four-rooms.webp")
    console.print(f"four-rooms.webp: {len(frames)} pictures, {size / 1e6:.1f} MB.")
    console.print(f"By {', '.join(sorted(models))}; the reply took {took[0]:.0f} s.")
    console.print(f"Draft: {turn.draft}\nReply: {turn.reply}", markup=False)


@asynccontextmanager
async def run_demo(folder: Path, *more: str) -> AsyncIterator[str]:
    """Run the demo in a process of its own; yield the address that it prints."""
    options = (*more, "--folder", str(folder), "--no-browser")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", *DEMO, *options), cwd=PROJECT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield await asyncio.wait_for(_address(process), START_SECONDS)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"http://"):
            return line.decode().strip()
    raise RuntimeError("the demo ended before it said where it is")


async def take_pictures(browser: Browser, address: str) -> None:
    """Take pictures of two turns, as each of the people sees them."""
    ana = await _visit(browser, address, "Ana", WIDE)
    replies = ana.message("BOT").filter(has=ana.page.locator(".reference"))
    for number, text in enumerate(SAID, start=1):
        await ana.say(text)
        await expect(replies).to_have_count(number, timeout=TURN)
    await ana.page.screenshot(path=PICTURES / "lobby.png")

    max_ = await _visit(browser, address, "Max", WIDE, guide=False)
    await max_.page.locator("#way-button").click()
    turns = max_.page.locator(".turn summary")
    await expect(turns.first).to_contain_text("done", timeout=TURN)
    rooms = await Tab.open(browser, f"{address}&as=Max", **WIDE)
    await rooms.page.evaluate(_NO_GUIDE)
    await rooms.page.reload()
    await expect(rooms.page.locator(".verdict")).to_be_visible()
    await rooms.page.screenshot(path=PICTURES / "rooms.png")
    await max_.enter("therapy")
    await expect(max_.message("Reply").last).to_be_visible()
    await max_.page.screenshot(path=PICTURES / "therapy.png")
    await max_.page.locator("#way-button").click()
    await max_.enter("moderators")
    await expect(max_.page.locator(".embed")).to_have_count(len(SAID), timeout=TURN)
    await max_.page.screenshot(path=PICTURES / "card.png")

    phone = await _visit(browser, address, "Ana", PHONE, guide=False)
    await expect(phone.message(SAID[-1]).first).to_be_visible()
    await phone.page.screenshot(path=PICTURES / "phone.png")


async def take_moderators_pictures(browser: Browser, address: str, database: Path) -> None:
    """Take pictures of what moderators do with these turns: details, the queue, the digest."""
    ana = await _visit(browser, address, "Ana", WIDE, guide=False)
    await ana.messages.last.hover()
    await ana.messages.last.get_by_role("button", name="More").click()
    await ana.page.get_by_role("menuitem", name="This hurt me").click()
    await ana.page.locator("dialog textarea").fill(REPORTED)
    await ana.page.locator("dialog").get_by_role("button", name="Send").click()

    max_ = await _visit(browser, address, "Max", WIDE, guide=False)
    await max_.enter("moderators")
    await expect(max_.message(REPORTED)).to_be_visible(timeout=TURN)
    shown = max_.messages.filter(has=max_.page.get_by_role("button", name="Show"))
    await shown.last.get_by_role("button", name="Show").click()
    await _picture(max_, "Details · reply", "details.png")
    await max_.use("review")
    await expect(max_.message("To review").last).to_be_visible(timeout=TURN)
    await max_.message("To review").last.get_by_role("button", name="Next").click()
    await _picture(max_, "why it is here", "queue.png")
    async with stores_of(database) as stores:
        (room,) = await stores.rooms.all()
        await stores.digests.make_day(room.id, datetime.now(UTC))  # at once, not at its hour
    await _picture(max_, "The last 24 hours", "digest.png")


async def _picture(tab: Tab, of: str, name: str) -> None:
    """Take a picture of the latest message with some words, as it stands in its channel."""
    message = tab.message(of).last
    await expect(message).to_be_visible(timeout=TURN)
    await message.evaluate(_DRAWN)
    await message.scroll_into_view_if_needed()
    await tab.page.mouse.move(640, 4)  # away from all that a pointer changes
    await tab.page.screenshot(path=PICTURES / name)


async def session_picture(browser: Browser, database: Path, folder: Path) -> None:
    """Take the page that `/session` gives, of the latest turn that therapy changed."""
    async with stores_of(database) as stores:
        (room,) = await stores.rooms.all()
        latest = await stores.turns.latest(room.id, len(SAID))
        turn = next((turn for turn in latest if turn.reply != turn.draft), latest[0])
        record = await read_session(stores, "lobby", turn.id)
    assert record is not None
    page = folder / "session.html"
    page.write_text(as_html(record), "utf-8")
    tab = await browser.new_page(**PAPER)
    await tab.goto(page.as_uri())
    calls = await tab.locator("h2", has_text="Calls").bounding_box()
    assert calls is not None
    paper: FloatRect = {"x": 0, "y": 0, "width": PAPER_WIDTH, "height": calls["y"]}
    await tab.screenshot(path=PICTURES / "session.png", full_page=True, clip=paper)


async def run_simulation(database: Path) -> None:
    """Run as many turns as a chart is worth drawing of, in a process of its own."""
    options = (*SIMULATED, "--database", str(database))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *options, cwd=PROJECT, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        raise RuntimeError("the simulation failed")


async def chart_picture(database: Path) -> None:
    """Take the picture that `/scores` gives, of a simulation."""
    until = datetime.now(UTC)
    async with stores_of(database) as stores:
        rooms = [room.id for room in await stores.rooms.all()]
        record = await read_scores(stores, rooms, until - timedelta(days=1))
    (PICTURES / "scores.png").write_bytes(draw_days(every_day(record.sums.days), CHART_TITLE))


@asynccontextmanager
async def stores_of(database: Path) -> AsyncIterator[Stores]:
    """Open the stores of a process that has ended, or yet runs."""
    opened = await Database.open(f"sqlite+aiosqlite:///{database}")
    try:
        yield Stores.over(opened)
    finally:
        await opened.close()


async def _visit(
    browser: Browser, address: str, who: str, options: dict[str, Any], *, guide: bool = True
) -> Tab:
    tab = await Tab.open(browser, f"{address}&as={who}&view=place", **options)
    if not guide:
        await tab.page.evaluate(_NO_GUIDE)
        await tab.page.reload()
    await expect(tab.page.locator("#place")).to_have_text("# lobby")
    return tab


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
