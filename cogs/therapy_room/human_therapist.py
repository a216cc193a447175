"""A person in the Therapist's seat: what waits for them in the thread, and what they say there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands, tasks

from bot.client.bot import FourRoomsBot
from bot.domain import Moderator, Post, PostKind, Room, TurnState
from bot.domain.events import (
    Event,
    ReplySent,
    RoomPaused,
    TherapistSpoke,
    TurnWithheld,
    WaitRenewed,
)
from bot.errors import FourRoomsError
from bot.rooms.therapy.human_therapist import AlreadyHeard
from cogs.chat_room.incoming import by_a_person
from cogs.control_room.gate_view import reason_field
from cogs.shared.access import (
    WHICH,
    Asked,
    ForWhom,
    as_moderator,
    moderates,
    moderators_only,
    room_for,
)
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.lookups import id_of, turn_here
from cogs.shared.modals import ModalInput, answer_forms, open_form
from cogs.shared.shown_messages import ShownMessages
from cogs.shared.text import display_name, readable_text
from cogs.therapy_room.cog import TherapyRoomCog, day_of
from cogs.therapy_room.human_therapist_catch_up import TherapistCatchUp
from cogs.therapy_room.human_therapist_view import render_waiting, seat_buttons

log = structlog.get_logger(__name__)

MOST_SAID: Final = 2000
"""Characters that a Therapist says at once: what goes into a prompt, and onto a page."""
LOOK_BACK_SECONDS: Final = 60.0
"""How often a thread that could not be read is tried again."""


class HumanTherapistButton(
    PersistentControl, template=rf"seat:(?P<what>ready|withhold):(?P<turn>{NUMBER})"
):
    """One of the buttons below a text that waits for the person in the seat."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Ends the session, or opens the form for the reason to withhold."""
        turn, _ = await turn_here(interaction, int(self.ids["turn"]))
        if self.ids["what"] == "withhold":
            title = "Withhold this reply"
            await open_form(interaction, f"seat-withhold:{turn.id}", title, [reason_field()])
            return
        await interaction.response.defer()
        await interaction.client.control.seat.ready(turn.id, as_moderator(interaction))
        await interaction.edit_original_response(view=None)


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class HumanTherapistCog(commands.GroupCog, group_name="therapist"):
    """Takes and frees the seat, and hears who sits in it."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self.posted = ShownMessages(bot, PostKind.SEAT)
        self._missed = TherapistCatchUp(bot, self._speak)
        self._listening = asyncio.Lock()
        self._changing: set[asyncio.Task[None]] = set()

    async def cog_load(self) -> None:
        """Takes the seat of its posts, and answers their buttons and form."""
        self.bot.ports.renderers[PostKind.SEAT] = self.deliver
        self.bot.ports.catch_ups.append(self.catch_up)
        self.bot.add_dynamic_items(HumanTherapistButton)
        answer_forms(self.bot, "seat-withhold", self.withheld)
        self.bot.engine.subscribe(self.hear)
        self.look_back.start()

    async def cog_unload(self) -> None:
        """Hears no more."""
        self.look_back.cancel()
        self.bot.ports.catch_ups.remove(self.catch_up)
        self.bot.engine.unsubscribe(self.hear)

    async def catch_up(self, guild_id: int | None = None) -> None:
        """Hears what was written while the bot was away."""
        async with self._listening:
            await self._missed.catch_up(guild_id)

    @tasks.loop(seconds=LOOK_BACK_SECONDS)
    async def look_back(self) -> None:
        """Tries again to read what could not be read."""
        async with self._listening:
            await self._missed.look_back()

    @app_commands.command()
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def take(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """You are the Therapist: sessions wait for what you write in the thread."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_for(interaction, channel)
        await self.bot.control.seat.take(room.id, as_moderator(interaction))
        minutes = room.settings.seat_minutes
        await interaction.followup.send(
            f"🛋️ You are the Therapist of <#{room.id}>. From now on I show you each draft in "
            f"the therapy thread and wait {minutes} min for you: what you write there is "
            "what the Chatbot hears. `/therapist release` gives the seat back."
            + await self._where(room),
            ephemeral=True,
        )

    @app_commands.command()
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def release(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """The AI is the Therapist again."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_for(interaction, channel)
        await self.bot.control.seat.release(room.id, as_moderator(interaction))
        await interaction.followup.send(
            f"🛋️ The AI is the Therapist of <#{room.id}> again.", ephemeral=True
        )

    @commands.Cog.listener()
    async def on_connect(self) -> None:
        """A new connection: what was written before it comes first."""
        self._missed.hold_back(self.bot.rooms)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is back after an outage; at the start `catch_up` sees to all of them."""
        if self.bot.is_ready():
            await self.catch_up(guild.id)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """What the person in the seat writes in the thread of the waiting turn is their part."""
        if message.channel.id in self.bot.rooms or not by_a_person(message):
            return
        member = message.author
        async with self._listening:  # one after the other, and after what was missed
            room = await self._room_of(message)
            if room is None or self._missed.left_to_history(room.id):
                return
            if isinstance(member, discord.Member) and moderates(room, member):
                await self._speak(room, member, [message])

    async def _speak(
        self, room: Room, member: discord.Member, said: Sequence[discord.Message]
    ) -> None:
        """What that member wrote is the Therapist's part of a round."""
        texts = [text for message in said if (text := readable_text(message.content))]
        if not texts:
            return
        by = Moderator(member.id, display_name(member.display_name))
        ids = [message.id for message in said]
        try:
            await self.bot.control.seat.speak(room.id, by, "\n".join(texts)[:MOST_SAID], ids)
        except AlreadyHeard:
            log.info("heard already", room_id=room.id, message_id=ids[-1])
        except FourRoomsError as error:
            await said[-1].channel.send(str(error))

    async def deliver(self, post: Post) -> int:
        """Shows the text that waits in the thread; returns the last message's id."""
        therapy = self._therapy
        room, turn = await therapy.about(post)
        waits = turn.state is TurnState.WAITING and turn.round == post.new.ref
        texts = render_waiting(room, turn, waits=waits)
        message_id = await therapy.show(
            post, room, turn, texts, view(seat_buttons(turn)) if waits else None
        )
        thread_id = await self.bot.stores.rooms.thread_of(room.id, day_of(turn))
        if thread_id:
            await self.posted.keep(turn.id, thread_id, message_id)
        if not waits:
            # It may be a message of before a crash, which Discord gives back as it was.
            await self._close(turn.id)
        return message_id

    def hear(self, event: Event) -> None:
        """The session has gone on: what still has buttons loses them. Or its time begins anew."""
        if isinstance(event, TherapistSpoke | ReplySent | TurnWithheld):
            self._later(self._close(event.turn_id))
        elif isinstance(event, RoomPaused | WaitRenewed):
            self._later(self._show_time(event.room_id))

    async def withheld(self, interaction: Asked, ids: Sequence[str], given: ModalInput) -> None:
        """The Therapist keeps the reply back."""
        await interaction.response.defer()
        turn, _ = await turn_here(interaction, id_of(ids[0]))
        reason = given.get("reason", "").strip()
        await self.bot.control.seat.withhold(turn.id, as_moderator(interaction), reason)
        await interaction.edit_original_response(view=None)

    def _later(self, change: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(change, name="seat's post")
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)

    async def _close(self, turn_id: int) -> None:
        await self.posted.finish(turn_id, view=None)

    async def _show_time(self, room_id: int) -> None:
        """A pause holds the Therapist's time; after it, it begins anew. The buttons stay."""
        room = await self.bot.stores.rooms.get(room_id)
        turn = await self.bot.stores.turns.open_turn(room_id)
        if room is not None and turn is not None and turn.state is TurnState.WAITING:
            content = render_waiting(room, turn, waits=True)[-1]
            await self.posted.change(turn.id, content=content)

    async def _room_of(self, message: discord.Message) -> Room | None:
        """The room whose session waits in that thread for who has written."""
        guild_id = message.guild.id if message.guild else 0
        if guild_id not in self.bot.rooms.values():
            return None
        for room in await self.bot.stores.rooms.of_guild(guild_id):
            if room.therapist is None or room.therapist.id != message.author.id:
                continue
            turn = await self.bot.stores.turns.open_turn(room.id)
            if turn is None or turn.state is not TurnState.WAITING:
                continue
            thread_id = await self.bot.stores.rooms.thread_of(room.id, day_of(turn))
            if thread_id == message.channel.id:
                return room
        return None

    async def _where(self, room: Room) -> str:
        turn = await self.bot.stores.turns.open_turn(room.id)
        link = await self._therapy.thread_link(room, turn) if turn else None
        return f"\n{link}" if link else ""

    @property
    def _therapy(self) -> TherapyRoomCog:
        cog = self.bot.get_cog(TherapyRoomCog.__cog_name__)
        assert isinstance(cog, TherapyRoomCog)  # noqa: S101 - it is loaded before this one
        return cog


async def setup(bot: FourRoomsBot) -> None:
    """Loads the cog."""
    await bot.add_cog(HumanTherapistCog(bot))
