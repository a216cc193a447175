"""The Chat Room in Discord: hears what people say, shows typing, and posts the reply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

import discord
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind
from bot.domain.posts import ReplyPost, nonce_of
from cogs.chat_room.addressing import Addressing
from cogs.chat_room.catch_up import ChatRoomCatchUp
from cogs.chat_room.crisis_watch import CrisisWatch
from cogs.chat_room.incoming import by_a_person, is_exempt, read
from cogs.chat_room.line import RoomLines
from cogs.chat_room.nicknames import Nicknames
from cogs.chat_room.reply_chain import read_replied_to
from cogs.chat_room.typing_indicator import TypingIndicator
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.room_catch_up import CatchUpCog


class ChatRoomCog(CatchUpCog):
    """The cog between the Chat Rooms' channels and the engine; the engine's `ChatRoomPort`."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self.missed: ChatRoomCatchUp = ChatRoomCatchUp(bot, self._take_in_late, self._revise_late)
        self._lines = RoomLines()
        self._nicknames = Nicknames()
        self._addressing = Addressing()
        self._typing = TypingIndicator(self._show_typing)
        self._crises = CrisisWatch(bot)

    async def cog_load(self) -> None:
        """Register as the Chat Room of the engine, and listen to it."""
        self.bot.ports.chat_room = self
        self.bot.ports.renderers[PostKind.LIMIT] = self.deliver
        self.bot.ports.on_opened.append(self.missed.forget)
        self.bot.engine.subscribe(self._typing.hear)
        self.bot.engine.privacy.on_forgotten += [self._nicknames.forget, self._addressing.forget]
        await super().cog_load()

    async def cog_unload(self) -> None:
        """Show no more typing."""
        await super().cog_unload()
        self.bot.ports.on_opened.remove(self.missed.forget)
        self._typing.close()

    # ── what people say ─────────────────────────────────────────────────────────────────────

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Hand the engine what is said in a Chat Room."""
        if not by_a_person(message):
            return
        if message.channel.id not in self.bot.rooms:
            await self._is_crisis(message)
            return
        try:
            await self._take_in_live(message)
        except Exception:
            await self.missed.keep_gap(message.channel.id)
            raise

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Revise what somebody changed; Discord may also have added the preview of a link."""
        message = payload.message
        if not by_a_person(message):
            return
        if message.channel.id not in self.bot.rooms:
            await self._is_crisis(message)
            return
        self.missed.changed(message)
        async with self._lines.place_of(message, self._is_crisis(message)) as is_crisis:
            if not is_crisis:
                await self._revise(message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Forget a message that somebody deleted, theirs or another's."""
        await self._withdraw(payload.channel_id, {payload.message_id})

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget messages that somebody deleted at once."""
        await self._withdraw(payload.channel_id, payload.message_ids)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Read what was said while the channel was closed to the bot, once it is open again."""
        if channel.id in self.bot.rooms:
            self.missed.look_at(channel.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """Look whether a role's permissions have opened a room."""
        self.missed.look_at(role.guild.id)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """Look whether the bot's own roles have opened a room."""
        if member == member.guild.me:
            self.missed.look_at(member.guild.id)

    async def _is_crisis(self, message: discord.Message) -> bool:
        """Return whether the message speaks of danger; then help is on its way to the person.

        It comes before all else that decides about a message.
        """
        return await self._crises.look(message, partial(self._note_gap, message.id))

    async def _note_gap(self, message_id: int, room_id: int) -> None:
        """Let what is kept before others that came first not pass for the newest that is known."""
        is_first = not self._lines.has_before(room_id, message_id)
        if is_first and not self.missed.holds_back(room_id):
            return
        await self.missed.keep_gap(room_id)
        if not self.missed.holds_back(room_id):  # then nobody else sees to the gap
            self.missed.read_anew(room_id)

    async def _take_in_late(self, message: discord.Message) -> None:
        """Take in a message from the history, which nobody has looked at yet."""
        async with self._lines.place_of(message, self._crises.look(message)) as is_crisis:
            if not is_crisis:
                await self._keep(message)

    async def _revise_late(self, message: discord.Message) -> None:
        """Revise a message that was changed while nobody listened."""
        async with self._lines.place_of(message, self._crises.look(message)) as is_crisis:
            if not is_crisis:
                await self._revise(message)

    async def _take_in_live(self, message: discord.Message) -> None:
        """Take in what was just said, in its order; where that fails, have all behind it wait."""
        try:
            with self._lines.live(message):
                async with self._lines.place_of(message, self._is_crisis(message)) as is_crisis:
                    if not is_crisis and not self.missed.hold(message):
                        await self._keep(message)
        except Exception:
            self.missed.lost(message)
            raise

    async def _keep(self, message: discord.Message) -> None:
        """Hand the engine a message, if it is to be answered."""
        room = await self.bot.stores.rooms.get(message.channel.id)
        me = self.bot.user
        if room is None or me is None:
            return
        name = await self._nicknames.of_author(message)
        if not self._addressing.is_answered(message, room.settings.reply_when, me, name):
            # Judged once: after a restart nobody knows any more who was spoken to.
            self.bot.stores.rooms.see_soon(room.id, message.id)
            return
        user_message = read(message, name)
        if user_message is not None:
            limits = await self.bot.stores.server_limits.get(room.guild_id)
            exempt = is_exempt(message.author, limits.exempt_roles)
            # What is yet to be heard itself must not be kept as what was only replied to.
            has_gap = self.missed.has_gap(message.channel.id)
            chain = [] if has_gap else await read_replied_to(self.bot, message)
            await self.bot.engine.receive(replace(user_message, exempt=exempt), chain)

    async def _revise(self, message: discord.Message) -> None:
        """Have the message answered as it is now, if no turn has claimed it yet."""
        user_message = read(message)
        if user_message is not None:
            await self.bot.stores.messages.revise(user_message)
            return
        self.missed.deleted(message.channel.id, {message.id})
        await self.bot.engine.privacy.forget_messages(message.channel.id, {message.id})

    async def _withdraw(self, room_id: int, message_ids: Collection[int]) -> None:
        """Forget these messages, whether a turn has answered them or not."""
        if room_id not in self.bot.rooms:
            return
        self.missed.deleted(room_id, message_ids)
        async with self._lines.turn_in(room_id):
            await self.bot.engine.privacy.forget_messages(room_id, message_ids)

    # ── the port of the Chat Room ───────────────────────────────────────────────────────────

    async def send(self, post: ReplyPost) -> int:
        """Post a piece of a reply: the first refers to what it answers, none pings or previews."""
        channel = self._channel(post.room_id)
        with as_delivery_errors("reply"):
            if post.part:
                message = await channel.send(post.text, nonce=post.nonce, suppress_embeds=True)
            else:
                message = await channel.send(
                    post.text,
                    nonce=post.nonce,
                    reference=_reference(post),
                    mention_author=False,
                    suppress_embeds=True,
                )
        return message.id

    async def find(self, post: ReplyPost) -> int | None:
        """Return the own message after the one answered that has the post's text, or None."""
        # Newest first: what was said since may be much, and the post is of a moment ago.
        history = self._channel(post.room_id).history(
            limit=None, after=discord.Object(post.reference_id), oldest_first=False
        )
        with as_delivery_errors("looking for a reply"):
            async for message in history:
                if self._is_own(message) and _is_post(message, post):
                    return message.id
        return None

    async def deliver(self, post: Post) -> int:
        """Post a fixed text of the outbox in answer to a message; return its message's id."""
        new = post.new
        nonce = nonce_of("post", post.id)
        return await self.send(ReplyPost(0, new.room_id, 0, 1, new.text, nonce, new.ref or 0))

    async def _show_typing(self, room_id: int) -> None:
        await self._channel(room_id).typing()

    def _channel(self, room_id: int) -> discord.PartialMessageable:
        return self.bot.get_partial_messageable(room_id)

    def _is_own(self, message: discord.Message) -> bool:
        return self.bot.user is not None and message.author.id == self.bot.user.id


def _reference(post: ReplyPost) -> discord.MessageReference:
    # The message may have been deleted meanwhile: then the reply stands without a reference.
    return discord.MessageReference(
        message_id=post.reference_id, channel_id=post.room_id, fail_if_not_exists=False
    )


def _is_post(message: discord.Message, post: ReplyPost) -> bool:
    """Return whether ``message`` shows that post.

    Its reference is gone if what it answered is gone.
    """
    refers_to = message.reference.message_id if message.reference else None
    return refers_to in (None, post.reference_id) and message.content == post.text.strip()


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(ChatRoomCog(bot))
