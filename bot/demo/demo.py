"""The demo: the bot as it runs in Discord, in a Discord on this machine whose world stays."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape
from rich.rule import Rule

from bot.app.app import App, open_app
from bot.app.embedded_model import announce_loading
from bot.app.llm_factory import SERVING
from bot.client.bot import FourRoomsBot
from bot.client.connect import serve
from bot.demo.turn_feed import TurnFeed
from bot.domain import Agent, ReplyWhen
from bot.domain.events import Event, HelpGiven, Scored
from bot.domain.room_settings import CardsWhen
from bot.errors import FourRoomsError, SettingError
from bot.private_files import close_tree_to_others, make_private_folder, require_writable
from bot.prompting.templates import Prompts
from bot.sandbox import Sandbox
from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.views import Message
from bot.sandbox.web import WebApp
from bot.sandbox.web.address import (
    PageAddress,
    is_free,
    load_address,
    open_in_browser,
    save_address,
)
from bot.sandbox.web.page_feed import ModelNote
from bot.settings import Settings
from bot.storage.stores.stores import Stores

CONNECTED_WITHIN: Final = 120.0
"""Seconds for the bot to appear in its own machine's Discord, however busy the machine is."""
ANSWERED_WITHIN: Final = 300.0
"""Seconds for a turn and its card: a small model on a slow machine may take its time."""

STAGE: Final = "stage"
"""The channel that is neither a Chat Room nor the moderators'."""


class DemoFailed(FourRoomsError):
    """A failure of the demo to do what it was asked to."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A plan of the demo. ``folder`` holds both the sandbox's world and the bot's database."""

    folder: Path
    say: tuple[str, ...] = ()
    exit: bool = False
    fresh: bool = False
    persona: str | None = None
    """The Chatbot's; None for that which it has."""
    port: int | None = None
    """The port of the page; None for that of the last start, or whichever is free."""
    browser: bool = True
    """Whether the page is opened where somebody sits."""


async def run_demo(settings: Settings, plan: Demo, console: Console | None = None) -> None:
    """Start the world, say what is to be said, and go on until Ctrl-C unless told to end.

    Raises SettingError for a wrong setting, DemoFailed if the bot does not answer.
    """
    console = console or Console()
    if plan.persona is not None:
        Prompts.load().persona(plan.persona)  # a name that is not there is said at once
    _make_folder(plan)
    address = _choose_address(plan)
    sandbox = Sandbox(folder=plan.folder / "discord", port=address.port)
    page = WebApp(sandbox, key=address.key)
    async with sandbox:
        _add_stage(sandbox)
        save_address(plan.folder, PageAddress(sandbox.port, page.key))
        settings = _sandbox_settings(settings, sandbox, plan.folder)
        # Who tries the bot for themself is not to meet a limit but those that they have set.
        limits = settings.operator_limits(defaults=False)
        announce_loading(settings, SERVING)
        async with open_app(settings, limits=limits) as app:
            console.print(f"[bold]Models:[/bold] {escape(app.models)}")
            async with _run_bot(app, settings, sandbox, plan) as (bot, running):
                lobby = sandbox.guild.lobby_id
                feed = TurnFeed(bot.engine, app.prompts, lobby, _model_note(app))
                await page.state.show_feed(feed)
                for text in plan.say:
                    await _hold_turn(bot, sandbox, text, console)
                if not plan.exit:
                    await open_page(page, console, in_browser=plan.browser)
                    await running


def _model_note(app: App) -> ModelNote:
    """Return what the page says of the model that answers."""
    embedded = app.settings.endpoint(Agent.CHATBOT) is None
    return ModelNote(app.agents.chatbot.model, embedded=embedded, small=app.small)


def _make_folder(plan: Demo) -> None:
    """Make the folder of the world, for its owner alone. SettingError where that cannot be."""
    try:
        if plan.fresh:
            shutil.rmtree(plan.folder, ignore_errors=True)
        make_private_folder(plan.folder)
        close_tree_to_others(plan.folder)
    except OSError as error:
        raise SettingError(f"--folder {plan.folder} cannot be made: {error.strerror}.") from None
    require_writable("--folder", plan.folder / "four-rooms.db")


def _choose_address(plan: Demo) -> PageAddress:
    """Return where the page is to be. SettingError if another program has the port."""
    address = load_address(plan.folder)
    if plan.port is None:
        return address
    if not is_free(plan.port):
        raise SettingError(f"--port {plan.port}: another program uses it. Choose another one.")
    return PageAddress(plan.port, address.key)


async def open_page(page: WebApp, console: Console, *, in_browser: bool) -> None:
    """Print the page's address, and open it where somebody sits and wants that."""
    console.print(
        "The Chatbot answers every message in #lobby. As Ada, /settings, Answers, can switch it to "
        "those that address it."
    )
    console.print("\n[bold]Open this in a browser[/bold] (Ctrl-C ends the demo):")
    console.print(page.address, soft_wrap=True, markup=False, highlight=False)
    if in_browser:
        await open_in_browser(page.address)


def _add_stage(sandbox: Sandbox) -> None:
    """Add the channel in which `/simulate` can be tried; a world of before has none."""
    try:
        sandbox.guild.channel_id(STAGE)
    except KeyError:
        sandbox.guild.add_channel(STAGE)


def _sandbox_settings(settings: Settings, sandbox: Sandbox, folder: Path) -> Settings:
    return settings.model_copy(
        update={
            "discord_api_url": sandbox.api_url,
            "discord_token": SecretStr(sandbox.token),
            "database_url": SecretStr(f"sqlite+aiosqlite:///{folder / 'four-rooms.db'}"),
        }
    )


@asynccontextmanager
async def _run_bot(
    app: App, settings: Settings, sandbox: Sandbox, plan: Demo
) -> AsyncIterator[tuple[FourRoomsBot, asyncio.Task[None]]]:
    """Run the bot, connected and with its Chat Room set up, as an admin would do it."""
    bot = FourRoomsBot.over(app.stores, app.agents, limits=app.limits, patience=settings.patience())
    app.attend(bot.engine)
    running = asyncio.create_task(serve(bot, sandbox.token, settings.discord_api_url))
    try:
        await _wait_connected(sandbox, running)
        lobby = sandbox.guild.lobby_id
        if await app.stores.rooms.get(lobby) is None:
            await _set_up(sandbox.person("Ada"))
            await _show_each_card(app.stores, lobby)
        room = await app.stores.rooms.get(lobby)
        if room is None:
            raise DemoFailed("The Chat Room of the demo could not be set up; try --fresh.")
        if plan.persona is not None and room.settings.persona != plan.persona:
            chosen = room.settings.model_copy(update={"persona": plan.persona})
            await app.stores.rooms.update_settings(lobby, chosen)
        yield bot, running
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _wait_connected(sandbox: Sandbox, running: asyncio.Task[None]) -> None:
    """Return once the bot is there; raise what keeps it from coming."""
    there = asyncio.create_task(sandbox.gateway.wait_connected(CONNECTED_WITHIN))
    await asyncio.wait({there, running}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        there.cancel()
        await running
    try:
        await there
    except TimeoutError as error:
        raise DemoFailed(f"The bot did not connect within {CONNECTED_WITHIN:.0f} s.") from error


async def _set_up(admin: SandboxUser) -> None:
    # Who tries the bot wants an answer to whatever they write.
    answer = await admin.slash(
        "#lobby", "setup", chat="#lobby", moderators="#moderators", replies=ReplyWhen.ALWAYS.value
    )
    await answer.message()


async def _show_each_card(stores: Stores, room_id: int) -> None:
    """Give each reply a card of its own: whoever tries the demo wants to see what there is."""
    room = await stores.rooms.get(room_id)
    if room is not None:
        each = room.settings.model_copy(update={"cards": CardsWhen.EVERY})
        await stores.rooms.update_settings(room_id, each)


async def _hold_turn(bot: FourRoomsBot, sandbox: Sandbox, text: str, console: Console) -> None:
    """Say it as Ana, and print what each room showed of the turn."""
    ana, ada = sandbox.person("Ana"), sandbox.person("Ada")
    scored = asyncio.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Scored | HelpGiven):  # a fixed text has no scores
            scored.set()

    bot.engine.subscribe(listen)
    before = max((place.last_message_id or 0 for place in ada.places()), default=0)
    try:
        message = await ana.say("#lobby", text)
        async with asyncio.timeout(ANSWERED_WITHIN):
            await ana.wait_for(
                lambda m: m.by_bot, where="#lobby", after=message, timeout=ANSWERED_WITHIN
            )
            await scored.wait()
            await bot.engine.settled()
    except TimeoutError as error:
        raise DemoFailed(f"There was no answer within {ANSWERED_WITHIN:.0f} s.") from error
    finally:
        bot.engine.unsubscribe(listen)
    _print_rooms(ada, before, console)


def _print_rooms(admin: SandboxUser, after: int, console: Console) -> None:
    """Print the new messages of each place, as the admin sees them; the Chat Room first."""
    places = sorted(admin.places(), key=lambda place: (place.name != "lobby", not place.is_thread))
    for place in places:
        new = [message for message in admin.messages(place) if message.id > after]
        if not new:
            continue
        mark = "🔒 " if place.is_thread else "#"
        console.print(Rule(f"{mark}{escape(place.name)}", align="left"))
        for message in new:
            _print_message(message, console)


def _print_message(message: Message, console: Console) -> None:
    console.print(f"[bold]{escape(message.author)}[/bold]  {escape(message.all_text)}\n")
