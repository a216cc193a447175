"""The reading of messages in the Chat Room: is the Chatbot meant, and what was said."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import discord

from bot.domain import UserMessage
from cogs.shared.text import display_name, readable_text, shortened

MOST_SAID: Final = 4000
"""Characters of one message: what Discord lets a member with Nitro write."""
MOST_NAME: Final = 80
"""Characters shown of a file's name, a sticker's name or a poll's question."""
MOST_FORWARDED: Final = 500
"""Characters kept of a message that somebody forwards."""


def by_a_person(message: discord.Message) -> bool:
    """Return whether a member wrote it: no bot, no webhook, and not Discord itself."""
    return (
        message.guild is not None
        and not message.author.bot
        and message.webhook_id is None
        and message.type in (discord.MessageType.default, discord.MessageType.reply)
    )


def is_addressed(message: discord.Message, me: discord.ClientUser) -> bool:
    """Return whether the message mentions the bot, or its role, or replies to it."""
    if any(user.id == me.id for user in message.mentions):
        return True
    own_role = message.guild.self_role if message.guild else None
    if own_role is not None and own_role in message.role_mentions:
        return True
    if message.type is not discord.MessageType.reply or message.reference is None:
        return False
    replied_to = message.reference.resolved
    return isinstance(replied_to, discord.Message) and replied_to.author.id == me.id


def is_exempt(author: discord.User | discord.Member, roles: Collection[int]) -> bool:
    """Say whether a person has one of these roles; of one read from the history, nobody knows."""
    return isinstance(author, discord.Member) and any(map(author.get_role, roles))


def read(message: discord.Message, name: str = "") -> UserMessage | None:
    """Return the message as the engine takes it; None if nothing was said in it.

    Mentions are names in it, and what cannot be shown to the Chatbot is told of in brackets.
    ``name`` is what its author is called in the server, where the message does not tell.
    """
    name = display_name(name or message.author.display_name)
    parts = [readable_text(message.clean_content), *_besides(message, name)]
    text = "\n".join(part for part in parts if part)
    if not text:
        return None
    return UserMessage(
        id=message.id,
        room_id=message.channel.id,
        author_id=message.author.id,
        author_name=name,
        text=shortened(text, MOST_SAID),
        sent_at=message.created_at,
        reply_to_id=reply_to_id(message),
    )


def reply_to_id(message: discord.Message) -> int | None:
    """Return the id of the message that it replies to; None for any other, such as a forward."""
    if message.type is not discord.MessageType.reply or message.reference is None:
        return None
    return message.reference.message_id


def _besides(message: discord.Message, name: str) -> Iterator[str]:
    """Yield what came with the words, a line each: ``[Ana sent a picture: cat.png]``."""
    who = _bare(name)
    for attachment in message.attachments:
        yield f"[{who} sent {_kind(attachment)}: {_bare(attachment.filename)}]"
    for sticker in message.stickers:
        yield f"[{who} sent a sticker: {_bare(sticker.name)}]"
    if message.poll:
        yield f"[{who} asks in a poll: {_bare(message.poll.question)}]"
    for snapshot in message.message_snapshots:
        forwarded = " ".join(readable_text(snapshot.content).split())
        yield f"[{who} forwarded a message: {_bare(forwarded, MOST_FORWARDED)}]"


def _kind(attachment: discord.Attachment) -> str:
    if attachment.is_voice_message():
        return "a voice message"
    kind = (attachment.content_type or "").partition("/")[0]
    return {"image": "a picture", "video": "a video", "audio": "a sound"}.get(kind, "a file")


def _bare(text: str, limit: int = MOST_NAME) -> str:
    """Return one short line without brackets, as it must not end the brackets it stands in."""
    line = " ".join(readable_text(text).replace("[", "(").replace("]", ")").split())
    return shortened(line, limit) or "?"
