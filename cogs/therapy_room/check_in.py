"""`/checkin`, and its button in the therapy thread: how the session feels, asked while it runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room, Turn
from bot.domain.events import CheckInAnswered, Event
from bot.domain.moderation import CheckIn
from bot.rooms.audit import NotWaiting
from bot.rooms.chat.splitting import split_text
from bot.rooms.control.check_ins import MOST_WORDS
from bot.tasks import KeyedTasks
from bot.text.moderator_texts import read_by, say
from cogs.shared.access import WHICH, Asked, ForWhom, as_moderator, moderators_only
from cogs.shared.components import NUMBER, PersistentControl, button
from cogs.shared.delivery import DISCORD_ERRORS, room_and_turn
from cogs.shared.lookups import turn_here
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest
from cogs.shared.text import agents_words, quoted, shown_name
from cogs.therapy_room.threads import TherapyThreads

log = structlog.get_logger(__name__)

MOST_ASKERS: Final = 50
"""Check-ins whose askers are remembered; a room has one at a time."""
Words = app_commands.Range[str, 1, MOST_WORDS]


class CheckInButton(PersistentControl, template=rf"checkin:(?P<turn>{NUMBER})"):
    """The button below a draft that asks how its session feels."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Ask, while that turn is on its way."""
        turn, room = await turn_here(interaction, int(self.ids["turn"]))
        await interaction.response.defer(ephemeral=True, thinking=True)
        if not turn.state.open:
            raise NotWaiting(public=say("That session is over. `/query` asks about the latest."))
        await interaction.client.service(CheckInAskers).ask(interaction, room, "")


class CheckInAskers:
    """Those who wait for the answer to a check-in of theirs; a restart forgets them."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self._waiting: OrderedDict[int, Asked] = OrderedDict()
        self.tasks = KeyedTasks[int]("check-in answers", self._tell)

    async def ask(self, interaction: Asked, room: Room, words: str) -> None:
        """Ask the Chatbot of a room, and say when the answer comes. The interaction is deferred."""
        check_ins = self._bot.control.check_ins
        running = await check_ins.session_runs(room.id)
        check_in = await check_ins.ask(room.id, as_moderator(interaction), words)
        self._waiting[check_in.id] = interaction
        while len(self._waiting) > MOST_ASKERS:
            self._waiting.popitem(last=False)
        when = say("before the next step of its session") if running else say("in its next session")
        await interaction.followup.send(
            say(
                "💬 The Chatbot of <#{room}> is asked {when}. I show you its answer here, and "
                "in the therapy thread.",
                room=room.id,
                when=when,
            ),
            ephemeral=True,
        )
        self.tasks.wake(check_in.id)  # it may have been answered meanwhile

    def hear(self, event: Event) -> None:
        """Tell whoever asked of an answer."""
        if isinstance(event, CheckInAnswered) and event.check_in_id in self._waiting:
            self.tasks.wake(event.check_in_id)

    async def _tell(self, check_in_id: int) -> bool:
        check_in = await self._bot.stores.check_ins.get(check_in_id)
        if check_in is None or check_in.answered_at is None:
            return False
        interaction = self._waiting.pop(check_in_id, None)
        if interaction is None or interaction.is_expired():  # the thread has it
            return False
        read_by(interaction.locale.value)
        try:
            for text in render_check_in(check_in):
                await interaction.followup.send(text, ephemeral=True)
        except DISCORD_ERRORS as error:
            log.info("check-in answer not shown", check_in_id=check_in_id, error=repr(error))
        return False


class CheckInCog(commands.Cog):
    """The cog that asks check-ins, and shows their answers in the thread."""

    def __init__(self, bot: FourRoomsBot, threads: TherapyThreads) -> None:
        self.bot = bot
        self._threads = threads
        self._askers = bot.service(CheckInAskers)
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Register as the renderer of its posts; answer its menu and its button."""
        self._commands["checkin"] = RoomCommand(self._check_in)
        self.bot.ports.renderers[PostKind.CHECK_IN] = self.deliver
        self.bot.add_dynamic_items(CheckInButton)
        self.bot.engine.subscribe(self._askers.hear)

    async def cog_unload(self) -> None:
        """Hear no more."""
        self.bot.engine.unsubscribe(self._askers.hear)
        await self._askers.tasks.close()

    @app_commands.command()
    @app_commands.describe(
        question="what you want to know; how the session feels, if left out", channel=WHICH
    )
    @moderators_only
    async def checkin(
        self,
        interaction: Asked,
        question: Words | None = None,
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Asks the Chatbot during its session how it feels, before it decides to go on."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        request = RoomRequest("checkin", words=question or "")
        await self._commands.give(interaction, channel, request)

    async def _check_in(
        self, interaction: Asked, rooms: Sequence[Room], request: RoomRequest
    ) -> None:
        await self._askers.ask(interaction, rooms[0], request.words)

    async def deliver(self, post: Post) -> int:
        """Show question and answer in the thread; return the last message's id."""
        check_in = await self.bot.stores.check_ins.get(post.new.ref) if post.new.ref else None
        if check_in is None:
            raise LookupError(f"post {post.id} is about a check-in that is not there")
        room, turn = await room_and_turn(self.bot.stores, post)
        return await self._threads.show(post, room, turn, render_check_in(check_in))


def check_in_button(turn: Turn) -> discord.ui.Button[Any]:
    """Return the button that asks how a turn's session feels; `CheckInButton` answers."""
    return button(f"checkin:{turn.id}", say("How does it feel?"), emoji="💬")


def render_check_in(check_in: CheckIn) -> list[str]:
    """Return a check-in with its answer."""
    answer = agents_words(check_in.answer or "") or say("(no answer came)")
    who = shown_name(check_in.by.name)
    return split_text(
        say(
            "💬 **Check-in of a moderator, {who}**\n{words}\n🤖 **Chatbot**\n{answer}",
            who=who,
            words=quoted(check_in.words, MOST_WORDS),
            answer=answer,
        )
    )


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(CheckInCog(bot, bot.service(TherapyThreads)))
