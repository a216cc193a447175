"""Whom a Discord message is for: what its mentions, its reference and its room tell."""

from __future__ import annotations

import re
from typing import Final

import discord

from bot.domain import ReplyWhen
from bot.rooms.chat.addressing import AddressedMessage, is_for_chatbot
from bot.rooms.chat.recent_speakers import RecentSpeakers
from cogs.chat_room.incoming import is_addressed

_TO_ALL: Final = re.compile(r"@(?:everyone|here)(?!\w)")
"""What calls everybody, whether the author may or not."""


class Addressing:
    """The part that knows who talks with whom in the Chat Rooms."""

    def __init__(self) -> None:
        self._speakers = RecentSpeakers()

    def is_answered(
        self, message: discord.Message, when: ReplyWhen, me: discord.ClientUser, name: str
    ) -> bool:
        """Return whether the room's setting asks for an answer, and note that ``name`` spoke."""
        room_id, author_id, at = message.channel.id, message.author.id, message.created_at
        answered = is_for_chatbot(
            AddressedMessage(
                text=message.content,
                own_names=own_names(message, me),
                other_names=self._speakers.other_names(room_id, author_id, at),
                to_chatbot=is_addressed(message, me),
                to_others=is_to_others(message, me),
                others_talk=self._speakers.others_talk(room_id, author_id, at),
            ),
            when,
        )
        self._speakers.note(room_id, author_id, name, at, for_chatbot=answered)
        return answered

    def forget(self, person_id: int) -> None:
        """Forget that a person spoke."""
        self._speakers.forget(person_id)


def own_names(message: discord.Message, me: discord.ClientUser) -> tuple[str, ...]:
    """Return what the bot is called where the message was written."""
    names = [me.name, me.display_name]
    if message.guild is not None and message.guild.me is not None:
        names.append(message.guild.me.display_name)
    return tuple(dict.fromkeys(names))


def is_to_others(message: discord.Message, me: discord.ClientUser) -> bool:
    """Return whether it mentions somebody else, a role or everybody, or replies to another."""
    own_role = message.guild.self_role if message.guild else None
    if _TO_ALL.search(message.content) or any(role != own_role for role in message.role_mentions):
        return True
    if any(user.id != me.id for user in message.mentions):
        return True
    if message.type is not discord.MessageType.reply or message.reference is None:
        return False
    replied_to = message.reference.resolved  # one that is deleted was somebody's all the same
    return not (isinstance(replied_to, discord.Message) and replied_to.author.id == me.id)
