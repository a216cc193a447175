"""The calls to the moderators that have posts of their own: the seat, failures, alerts."""

from __future__ import annotations

from typing import Final

from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Post, PostKind, Room, Turn
from bot.domain.calls import CallCause
from bot.domain.posts import nonce_of
from bot.rooms.calls import read_call
from bot.text.moderator_texts import say, say_reason
from cogs.shared.delivery import as_delivery_errors
from cogs.shared.links import to_message, to_reply
from cogs.shared.role_calls import RoleCalls
from cogs.shared.text import on_one_line, reply_name
from cogs.therapy_room.threads import TherapyThreads

MOST_WHY: Final = 400


class CallsCog(commands.Cog):
    """The cog that posts them; only the role that the server chose is mentioned."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._calls = bot.service(RoleCalls)
        self._threads = bot.service(TherapyThreads)

    async def cog_load(self) -> None:
        """Register as the renderer of calls."""
        self.bot.ports.renderers[PostKind.ALERT] = self.deliver

    async def deliver(self, post: Post) -> int:
        """Call the moderators; return the message's id."""
        room = await self.bot.stores.rooms.get(post.new.room_id)
        if room is None:
            raise LookupError(f"post {post.id} is about a room that is not there")
        turn = await self.bot.stores.turns.get(post.new.turn_id) if post.new.turn_id else None
        cause, why = read_call(post.new.text)
        link = await self._link(room, turn, cause, post.new.ref)
        mention = self._calls.role(room, cause)
        channel = self.bot.get_partial_messageable(room.moderator_channel_id)
        with as_delivery_errors("call"):
            message = await channel.send(
                mention.text + render_call(cause, why, room, turn, link),
                nonce=nonce_of("post", post.id),
                allowed_mentions=mention.allowed,
                suppress_embeds=True,
            )
        self._calls.note(room, cause, mention)
        return message.id

    async def _link(
        self, room: Room, turn: Turn | None, cause: CallCause, message_id: int | None
    ) -> str:
        """Return the address of what the call is about: the thread, the reply, the message."""
        if turn is None:
            return to_message(room.guild_id, room.id, message_id) if message_id else ""
        if cause is CallCause.SEAT and (thread := await self._threads.link_to(room, turn)):
            return thread
        asked = to_message(room.guild_id, room.id, turn.message_ids[-1])
        return to_reply(room, turn) or asked


def render_call(cause: CallCause, why: str, room: Room, turn: Turn | None, link: str) -> str:
    """Return what somebody is called for, in a line or two."""
    where, words = f"<#{room.id}>", on_one_line(say_reason(why), MOST_WHY)
    which = reply_name(turn.number) if turn else ""
    match cause:
        case CallCause.SEAT:
            return say(
                "🛋️ A draft in {where} waits for the Therapist ({which}): {link}",
                where=where,
                which=which,
                link=link,
            )
        case CallCause.FAILURE:
            return say(
                "⛔ No reply could be sent in {where} ({which}): {link}\n**Because** {words}",
                where=where,
                which=which,
                link=link,
                words=words,
            )
        case _:
            about = f" ({which})" if which else ""
            return say(
                "🔔 **Alert** in {where}{about}: {words}. {link}",
                where=where,
                about=about,
                words=words,
                link=link,
            )


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(CallsCog(bot))
