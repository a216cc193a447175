"""A person in the Therapist's seat: the commands, the texts that wait, and the words said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Moderator, Post, PostKind, Room
from bot.errors import FourRoomsError
from bot.rooms.therapy.human_therapist import AlreadyHeard
from bot.text.moderator_texts import say
from cogs.chat_room.incoming import by_a_person
from cogs.shared.access import (
    WHICH,
    Asked,
    ForWhom,
    as_moderator,
    colleague_in,
    moderates,
    moderators_only,
)
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.delivery import room_and_turn
from cogs.shared.lookups import id_of, turn_here
from cogs.shared.modals import ModalInput, answer_forms, open_form
from cogs.shared.reasons import reason_fields, reason_of
from cogs.shared.role_calls import Mention, RoleCalls
from cogs.shared.room_catch_up import CatchUpCog
from cogs.shared.room_commands import RoomCommand, RoomCommands, RoomRequest
from cogs.shared.rooms_meant import room_meant
from cogs.shared.text import display_name, readable_text, shown_name
from cogs.therapy_room.human_therapist_catch_up import TherapistCatchUp
from cogs.therapy_room.human_therapist_posts import HumanTherapistPosts
from cogs.therapy_room.human_therapist_view import render_waiting, seat_buttons
from cogs.therapy_room.seats import Seats
from cogs.therapy_room.threads import TherapyThreads

log = structlog.get_logger(__name__)

MOST_SAID: Final = 2000
"""Characters that a Therapist says at once: what goes into a prompt, and onto a page."""


class HumanTherapistButton(
    PersistentControl, template=rf"seat:(?P<what>ready|withhold):(?P<turn>{NUMBER})"
):
    """One of the buttons below a text that waits for the person in the seat."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """End the session, or open the form for the reason to withhold."""
        turn, _ = await turn_here(interaction, int(self.ids["turn"]))
        if self.ids["what"] == "withhold":
            title = say("Withhold this reply")
            await open_form(interaction, f"seat-withhold:{turn.id}", title, reason_fields())
            return
        await interaction.response.defer()
        await interaction.client.control.seat.ready(turn.id, as_moderator(interaction))
        await interaction.edit_original_response(view=None)


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class HumanTherapistCog(CatchUpCog, commands.GroupCog, group_name="therapist"):
    """Takes and frees the seat, and hears who sits in it."""

    def __init__(self, bot: FourRoomsBot, threads: TherapyThreads) -> None:
        self.bot = bot
        self._threads = threads
        self._commands = bot.service(RoomCommands)
        self._posts = HumanTherapistPosts(bot)
        self._seats = bot.service(Seats)
        self._calls = bot.service(RoleCalls)
        self.missed: TherapistCatchUp = TherapistCatchUp(bot, threads, self._speak)

    async def cog_load(self) -> None:
        """Register as the renderer of its posts; answer their buttons, their form and the menus."""
        self._commands["therapist take"] = RoomCommand(self._take)
        self._commands["therapist release"] = RoomCommand(self._release)
        self.bot.ports.renderers[PostKind.SEAT] = self.deliver
        self.bot.add_dynamic_items(HumanTherapistButton)
        answer_forms(self.bot, "seat-withhold", self.withhold)
        self.bot.engine.subscribe(self._posts.hear)
        await super().cog_load()

    async def cog_unload(self) -> None:
        """Hear no more."""
        await super().cog_unload()
        self.bot.engine.unsubscribe(self._posts.hear)

    @app_commands.command()
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def take(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """Coach the Chatbot yourself: drafts wait for what you write in the thread."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("therapist take"))

    async def _take(self, interaction: Asked, rooms: Sequence[Room], _: RoomRequest) -> None:
        room = rooms[0]
        await self.bot.control.seat.take(room.id, as_moderator(interaction))
        minutes = room.settings.seat_minutes
        await interaction.followup.send(
            say(
                "🛋️ You are the Therapist of <#{room}>. From now on I show you each draft in "
                "the therapy thread and wait {minutes} min for you: what you write there is "
                "what the Chatbot hears. `/therapist release` hands it back to the AI.",
                room=room.id,
                minutes=minutes,
            )
            + await self._where(room),
            ephemeral=True,
        )

    @app_commands.command()
    @app_commands.describe(to="the colleague who is to coach the Chatbot", channel=WHICH)
    @moderators_only
    async def hand(
        self, interaction: Asked, to: discord.Member, channel: discord.TextChannel | None = None
    ) -> None:
        """Hands the coaching to a colleague, who is called when a draft waits."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_meant(interaction, channel)
        colleague = colleague_in(room, to)
        await self.bot.control.seat.hand(room.id, as_moderator(interaction), colleague)
        await interaction.followup.send(
            say(
                "🛋️ {who} coaches the Chatbot of <#{room}> from now on.",
                who=shown_name(colleague.name),
                room=room.id,
            ),
            ephemeral=True,
        )

    @app_commands.command()
    @app_commands.describe(channel=WHICH)
    @moderators_only
    async def release(self, interaction: Asked, channel: discord.TextChannel | None = None) -> None:
        """Ends the coaching: the AI is the Therapist again."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._commands.give(interaction, channel, RoomRequest("therapist release"))

    async def _release(self, interaction: Asked, rooms: Sequence[Room], _: RoomRequest) -> None:
        room = rooms[0]
        await self.bot.control.seat.release(room.id, as_moderator(interaction))
        await interaction.followup.send(
            say("🛋️ The AI is the Therapist of <#{room}> again.", room=room.id), ephemeral=True
        )

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Hear what the person in the seat writes in the thread of the waiting turn."""
        if message.channel.id in self.bot.rooms or not by_a_person(message):
            return
        member = message.author
        async with self.missed.one_by_one:  # and after what was missed
            room = await self._room_of(message)
            if room is None or self.missed.left_to_history(room.id):
                return
            if isinstance(member, discord.Member) and moderates(room, member):
                await self._speak(room, member, [message])
            else:
                await self._seats.look_at(room.id)

    async def _speak(
        self, room: Room, member: discord.Member, messages: Sequence[discord.Message]
    ) -> None:
        """Take what that member wrote as the Therapist's part of a round."""
        texts = [text for message in messages if (text := readable_text(message.content))]
        if not texts:
            return
        by = Moderator(member.id, display_name(member.display_name))
        ids = [message.id for message in messages]
        try:
            await self.bot.control.seat.speak(room.id, by, "\n".join(texts)[:MOST_SAID], ids)
        except AlreadyHeard:
            log.info("heard already", room_id=room.id, message_id=ids[-1])
        except FourRoomsError as error:
            with self.bot.read_in_room(room.id):
                await messages[-1].channel.send(say(str(error)))

    async def deliver(self, post: Post) -> int:
        """Show the text that waits in the thread; return the last message's id."""
        await self._seats.look_at(post.new.room_id)
        room, turn = await room_and_turn(self.bot.stores, post)
        waits = self._posts.waits(turn) and turn.round == post.new.ref and bool(room.therapist)
        texts = render_waiting(room, turn, waits=waits)
        sitting = room.therapist if waits else None
        mention = self._calls.person(room, sitting.id) if sitting else Mention()
        texts[0] = mention.text + texts[0]
        buttons = view(seat_buttons(turn)) if waits else None
        message_id = await self._threads.show(post, room, turn, texts, buttons, mention.allowed)
        thread_id = await self._threads.find(room, turn)
        if thread_id:
            await self._posts.keep(turn, thread_id, message_id, waits=waits)
        return message_id

    async def withhold(self, interaction: Asked, ids: Sequence[str], inputs: ModalInput) -> None:
        """Keep the reply back, as the Therapist."""
        await interaction.response.defer()
        turn, _ = await turn_here(interaction, id_of(ids[0]))
        reason = reason_of(inputs)
        await self.bot.control.seat.withhold(turn.id, as_moderator(interaction), reason)
        await interaction.edit_original_response(view=None)

    async def _room_of(self, message: discord.Message) -> Room | None:
        """Return the room whose session waits in that thread for who has written."""
        guild_id = message.guild.id if message.guild else 0
        if guild_id not in self.bot.rooms.values():
            return None
        for room in await self.bot.stores.rooms.of_guild(guild_id):
            if room.therapist is None or room.therapist.id != message.author.id:
                continue
            turn = await self.bot.stores.turns.open_turn(room.id)
            if turn is None or not self._posts.waits(turn):
                continue
            if await self._threads.find(room, turn) == message.channel.id:
                return room
        return None

    async def _where(self, room: Room) -> str:
        turn = await self.bot.stores.turns.open_turn(room.id)
        link = await self._threads.link_to(room, turn) if turn else None
        return f"\n{link}" if link else ""


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(HumanTherapistCog(bot, bot.service(TherapyThreads)))
