"""Posting in Discord: what a post is about, and what a failure means for another attempt."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp
import discord

from bot.domain import Post, Room, Turn
from bot.errors import DeliveryError, DeliveryForbidden, DeliveryRefused, DeliveryUncertain
from bot.reasons import Reason, because
from bot.rooms.recent_turns import RecentTurns
from bot.storage.stores.stores import Stores

NONCE_HOLDS: Final = timedelta(minutes=2)
"""For which Discord takes a post with the same nonce for the same post."""
DISCORD_ERRORS: Final = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""All that a call to Discord raises: discord.py lets the errors of its connection through."""


async def room_and_turn(
    stores: Stores, post: Post, recent: RecentTurns | None = None
) -> tuple[Room, Turn]:
    """Return the room and turn that a post is about, a ``recent`` turn without a look.

    Raises LookupError.
    """
    room = await stores.rooms.get(post.new.room_id)
    known = recent.get(post.new.turn_id) if recent else None
    turn = known.turn if known else None
    if turn is None and post.new.turn_id:
        turn = await stores.turns.get(post.new.turn_id)
    if room is None or turn is None:
        raise LookupError(f"post {post.id} is about a room or turn that is not there")
    return room, turn


MOST_LOOKED_AT: Final = 100
"""Messages among which a text is looked for that may have been posted before a kill."""


@contextmanager
def as_delivery_errors(what: str) -> Iterator[None]:
    """Turn whatever a call to Discord raises into a DeliveryError; ``what`` was to be done."""
    try:
        yield
    except DISCORD_ERRORS as error:
        raise delivery_error(error, what) from error


async def find_posted(
    channel: discord.abc.Messageable,
    me: discord.ClientUser | None,
    post: Post,
    turn: Turn,
    *,
    text: str = "",
    control: str | None = None,
    besides: Collection[int] = (),
) -> discord.Message | None:
    """Return the own message that shows a post already, where its answer may have been lost.

    Discord forgets a nonce after some minutes; until then it sees to that itself. ``control`` is
    the id of a button below it: what a card says may be said of another room's reply, too. It is
    none of the messages ``besides``, by id, which show the turn as it was before.
    """
    if me is None or not (post.tries or datetime.now(UTC) - post.created_at > NONCE_HOLDS):
        return None
    after = discord.Object(turn.message_ids[-1]) if turn.message_ids else None
    async for message in channel.history(limit=None, after=after, oldest_first=False):
        if message.author.id != me.id or message.id in besides:
            continue
        if _shows(message, text, control):
            return message
    return None


def _shows(message: discord.Message, text: str, control: str | None) -> bool:
    if control is None:
        return message.content == text.strip() and not message.embeds
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    return any(getattr(one, "custom_id", None) == control for row in rows for one in row.children)


def delivery_error(error: Exception, what: str) -> DeliveryError:
    """Tell from ``error`` whether the post is not there, may be there, or is refused for good."""
    detail = because("{what}: {error}", what=because(what), error=_brief(error))
    if isinstance(error, discord.RateLimited | aiohttp.ClientConnectorError):
        return DeliveryError(detail)
    if not isinstance(error, discord.HTTPException):
        return DeliveryUncertain(detail)  # the request went out, the answer did not come back
    if error.status in (401, 429):
        return DeliveryError(detail)
    if error.status == 403:
        return DeliveryForbidden(detail)
    # Behind a 5xx the message may have been stored all the same.
    return DeliveryUncertain(detail) if error.status >= 500 else DeliveryRefused(detail)


def _brief(error: Exception) -> Reason:
    if isinstance(error, discord.HTTPException):
        return because(
            "Discord said {status} ({code}): {words}",
            status=str(error.status),
            code=str(error.code),
            words=str(error.text or error.response.reason),
        )
    if isinstance(error, discord.RateLimited):
        return because("Discord asks to wait {seconds} s", seconds=f"{error.retry_after:.0f}")
    return because("no answer from Discord ({kind})", kind=type(error).__name__)


async def find_own_text(
    channel: discord.abc.Messageable, me: discord.ClientUser | None, text: str
) -> int | None:
    """Return the latest own message that is this very text, of those that a look shows."""
    async for message in channel.history(limit=MOST_LOOKED_AT):
        if me is not None and message.author.id == me.id and message.content == text:
            return message.id
    return None
