"""The help for a person in danger, in Discord: the fixed text, and the call to the moderators."""

from __future__ import annotations

from typing import Final

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room
from bot.domain.crisis import Crisis
from bot.domain.posts import nonce_of
from cogs.chat_room.crisis_view import call_buttons, render_call, render_taken
from cogs.shared.access import Asked, ForWhom, as_moderator
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.lookups import NotHere, room_here
from cogs.shared.moderator_channels import ModeratorChannels
from cogs.shared.role_calls import only

MAX_LOOKED_THROUGH: Final = 50
"""Messages among which a help text that may have got through is looked for."""


class CrisisButton(
    PersistentControl, template=rf"crisis:(?P<what>with|false):(?P<crisis>{NUMBER})"
):
    """One of the buttons below a call."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Note that a moderator is with the person, or that it is a false alarm."""
        crisis, room = await _crisis_here(interaction, int(self.ids["crisis"]))
        responder, by = interaction.client.engine.crises, as_moderator(interaction)
        await interaction.response.defer()
        note = responder.take if self.ids["what"] == "with" else responder.call_false
        await note(crisis, room, by)
        now = await interaction.client.stores.crises.get(crisis.id) or crisis
        if interaction.message is not None:
            text = interaction.message.content.split(MARK)[0].rstrip()
            with interaction.client.read_in_room(room.id):
                content, buttons = f"{text}\n{MARK}{render_taken(now)}", view(call_buttons(now))
            await interaction.message.edit(content=content, view=buttons)


MARK: Final = "\u200b-# "
"""Before what moderators have said of a call, so that it can be written anew."""


class CrisisCog(commands.Cog):
    """The cog that posts help and calls, and hears what moderators say of them."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Register as the renderer of the two posts, and answer the buttons."""
        self.bot.ports.renderers[PostKind.HELP] = self.deliver_help
        self.bot.ports.renderers[PostKind.CALL] = self.deliver_call
        self.bot.add_dynamic_items(CrisisButton)

    async def cog_unload(self) -> None:
        """Answer the buttons no more."""
        self.bot.remove_dynamic_items(CrisisButton)

    async def deliver_help(self, post: Post) -> int:
        """Post the fixed text below the message that it answers; return its message's id."""
        crisis, _ = await self._crisis_of(post)
        channel = self.bot.get_partial_messageable(crisis.channel_id)
        with as_delivery_errors("help"):
            if post.tries and (known := await self._find(channel, crisis, post.new.text)):
                return known
            message = await channel.send(
                post.new.text,
                nonce=nonce_of("help", crisis.id),
                reference=discord.MessageReference(
                    message_id=crisis.message_id,
                    channel_id=crisis.channel_id,
                    fail_if_not_exists=False,
                ),
                mention_author=False,
                suppress_embeds=True,
            )
        return message.id

    async def deliver_call(self, post: Post) -> int:
        """Call the moderators; only the role that the server chose for it can be mentioned."""
        crisis, room = await self._crisis_of(post)
        role_id = room.settings.call_role_id
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        # Somebody has to be called, also where it turns out that everybody reads it.
        public = self.bot.service(ModeratorChannels).look_at(room)
        with as_delivery_errors("call"):
            message = await channel.send(
                render_call(crisis, room, None if public else post.new.text),
                view=view(call_buttons(crisis)),
                nonce=nonce_of("call", crisis.id),
                allowed_mentions=only(roles=(role_id,) if role_id else ()),
                suppress_embeds=True,
            )
        return message.id

    async def _crisis_of(self, post: Post) -> tuple[Crisis, Room]:
        crisis = await self.bot.stores.crises.get(post.new.ref) if post.new.ref else None
        room = await self.bot.stores.rooms.get(post.new.room_id)
        if crisis is None or room is None:
            raise LookupError(f"post {post.id} is about a crisis that is not there")
        return crisis, room

    async def _find(
        self, channel: discord.PartialMessageable, crisis: Crisis, text: str
    ) -> int | None:
        """Return the own message that is this very text, if a try before got through."""
        history = channel.history(
            limit=MAX_LOOKED_THROUGH, after=discord.Object(crisis.message_id), oldest_first=True
        )
        async for message in history:
            own = self.bot.user is not None and message.author.id == self.bot.user.id
            answers = message.reference is None or message.reference.message_id in (
                None, crisis.message_id,
            )  # fmt: skip
            if own and answers and message.content == text:
                return message.id
        return None


async def _crisis_here(interaction: Asked, crisis_id: int) -> tuple[Crisis, Room]:
    crisis = await interaction.client.stores.crises.get(crisis_id)
    if crisis is None:
        raise NotHere(f"crisis {crisis_id} is not there")
    return crisis, await room_here(interaction, crisis.room_id)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(CrisisCog(bot))
