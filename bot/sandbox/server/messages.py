"""Corrections to simcord's messages: mentions, replies, nonces, archived and locked threads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from simcord.backend import permissions
from simcord.backend.models import AllowedMentions, Channel, Message
from simcord.enums import MessageType

from bot.sandbox.server import api_errors
from bot.sandbox.server.events import MessageChanged, MessageMade, MessageRemoved
from bot.sandbox.server.payloads import build_gateway_message
from bot.sandbox.server.threads import Threads

BOT_LIMIT: Final = 2000
"""Most characters of an application's message."""

PERSON_LIMIT: Final = 4000
"""Most characters of a person's message (with Nitro, which everybody here has)."""

LOADING: Final = 1 << 7
"""Message flag: the application is thinking."""

_WRITTEN = (
    MessageType.DEFAULT,
    MessageType.REPLY,
    MessageType.CHAT_INPUT_COMMAND,
    MessageType.CONTEXT_MENU_COMMAND,
)
_NONCE_SECONDS = 300.0
_USER_MENTION = re.compile(r"<@!?(\d+)>")


class Messages(Threads):
    """Messages as Discord has them."""

    def __init__(self) -> None:
        self._nonces: dict[tuple[int, str], tuple[float, int, int]] = {}
        self._nonce_now: str | int | None = None
        super().__init__()

    # Making

    def prepare_message(
        self, channel_id: int, author_id: int, content: str | None = "", **options: Any
    ) -> Message:
        """Check a message before anything is stored; raises Discord's errors."""
        if options.get("system_metadata") is None:
            self.require_unlocked(channel_id, author_id)
        if options.get("reference") is not None:
            self._require_history(channel_id, author_id)
        text = content or ""
        limit = BOT_LIMIT if self.users[author_id].bot else PERSON_LIMIT
        if len(text) > limit:
            raise api_errors.form_error(
                "content", "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length."
            )
        message = super().prepare_message(channel_id, author_id, text[:BOT_LIMIT], **options)
        if len(text) > BOT_LIMIT:  # simcord knows only the limit of applications
            self._put_text(message, text)
        return message

    def _put_text(self, message: Message, text: str) -> None:
        message.content = text
        state = self._mention_state(
            self.get_channel(message.channel_id),
            message.author_id,
            text,
            message.allowed_mentions,
            message.reply_author_id,
        )
        message.mention_user_ids, message.mention_role_ids = state[0], state[1]
        message.ping_user_ids, message.ping_role_ids = state[2], state[3]
        message.mention_everyone = state[4]

    def _require_history(self, channel_id: int, author_id: int) -> None:
        channel = self.get_channel(channel_id)
        if channel.guild_id is None:
            return
        held = self.compute_permissions(channel.guild_id, author_id, channel_id)
        if not held & permissions.flag("read_message_history"):
            raise api_errors.reply_without_history()

    def normalize_message_reference(
        self, channel_id: int, reference: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        """Check what a message replies to; a missing one is an error unless told otherwise."""
        normal = super().normalize_message_reference(channel_id, reference)
        if normal is None or normal["type"] != 0:
            return normal
        target = self.messages.get(channel_id, {}).get(int(normal["message_id"]))
        if target is None or target.is_ephemeral:
            if normal["fail_if_not_exists"]:
                raise api_errors.unknown_reply()
            return None
        if target.type not in _WRITTEN:
            raise api_errors.reply_to_system_message()
        return normal

    def _mention_state(
        self,
        channel: Channel,
        author_id: int,
        content: str,
        policy: AllowedMentions,
        reply_author_id: int | None,
    ) -> tuple[list[int], list[int], list[int], list[int], bool]:
        """Return whom a message mentions: only those whom ``allowed_mentions`` lets it ping."""
        _, _, users, roles, everyone = super()._mention_state(
            channel, author_id, content, policy, reply_author_id
        )
        return users, roles, users, roles, everyone

    def commit_message(self, message: Message, *, broadcast: bool = True) -> Message:
        """Store a message: it wakes an archived thread, and lets whom it names into a thread."""
        channel = self.get_channel(message.channel_id)
        if not message.is_ephemeral:
            self.set_archived(channel, False)
        self._show_files_in_embeds(message)
        stored = super().commit_message(message, broadcast=broadcast)
        if message.id in self.messages.get(channel.id, {}):
            self.event_bus.publish(MessageMade(message))
            self._let_in(channel, message)
        return stored

    def announce_message_create(self, message: Message) -> None:
        """Tell the gateway of a new message."""
        self.emit("MESSAGE_CREATE", build_gateway_message(self, message, nonce=self._nonce_now))

    def _let_in(self, channel: Channel, message: Message) -> None:
        """Add the members whom a message in a thread names to the thread.

        Whether ``allowed_mentions`` prevents that on Discord is not documented: here it does not,
        so that a bot which forgets to break a mention up is found out.
        """
        guild = self.guilds.get(channel.guild_id or 0)
        if guild is None or not channel.is_thread or message.is_ephemeral:
            return
        meta = channel.thread_metadata
        open_to_all = meta is None or meta.invitable
        if not (
            open_to_all
            or message.author_id == channel.owner_id
            or self.manages_threads(channel, message.author_id)
        ):
            return
        for user_id in map(int, _USER_MENTION.findall(message.content)):
            if user_id in guild.members:
                self.add_thread_member(channel.id, user_id)

    def _show_files_in_embeds(self, message: Message) -> None:
        """Give embeds the addresses of the files they show, and take those out of the list."""
        by_name = {f"attachment://{item['filename']}": item for item in message.attachments}
        embedded_ids: set[str] = set()
        message.embeds = [_with_files(embed, by_name, embedded_ids) for embed in message.embeds]
        message.attachments = [
            item for item in message.attachments if item["id"] not in embedded_ids
        ]

    # Nonces

    @contextmanager
    def with_nonce(self, nonce: str | int | None) -> Iterator[None]:
        """Announce the message that is committed inside with this nonce."""
        self._nonce_now = nonce
        try:
            yield
        finally:
            self._nonce_now = None

    def sent_before(self, author_id: int, nonce: str | int) -> Message | None:
        """Return the message that an author sent with this nonce in the past few minutes."""
        over = self.clock.now().timestamp() - _NONCE_SECONDS
        while self._nonces and next(iter(self._nonces.values()))[0] <= over:
            del self._nonces[next(iter(self._nonces))]
        _, channel_id, message_id = self._nonces.get((author_id, str(nonce)), (0.0, 0, 0))
        return self.messages.get(channel_id, {}).get(message_id)

    def note_nonce(self, message: Message, nonce: str | int) -> None:
        """Remember what a message was sent with."""
        key = (message.author_id, str(nonce))
        self._nonces.pop(key, None)  # the oldest come first
        self._nonces[key] = (self.clock.now().timestamp(), message.channel_id, message.id)

    # Changing

    def edit_message(self, channel_id: int, message_id: int, fields: dict[str, Any]) -> Message:
        """Change a message; completing a deferred answer does not mark it as edited."""
        message = self.get_message(channel_id, message_id)
        if not message.is_ephemeral:
            self.require_open(channel_id)
        was_loading = bool(message.flags & LOADING)
        text = fields.get("content") or ""
        if len(text) > BOT_LIMIT and not self.users[message.author_id].bot:
            fields = {**fields, "content": text[:BOT_LIMIT]}
        # Simcord would announce it, and follow replies to replies to no end.
        reference, message.reference = message.reference, None
        try:
            with self.hushed():
                super().edit_message(channel_id, message_id, fields)
        finally:
            message.reference = reference
        if len(text) > BOT_LIMIT:
            self._put_text(message, text[:PERSON_LIMIT])
        if was_loading:
            message.edited_timestamp = None
        self._show_files_in_embeds(message)
        if not message.is_ephemeral:
            self.emit("MESSAGE_UPDATE", {"channel_id": channel_id, "id": message_id})
        self.event_bus.publish(MessageChanged(message))
        return message

    def delete_message(self, channel_id: int, message_id: int) -> None:
        """Remove a message."""
        message = self.get_message(channel_id, message_id)
        super().delete_message(channel_id, message_id)
        self.event_bus.publish(MessageRemoved(message))

    def bulk_delete_messages(self, channel_id: int, message_ids: Iterable[int]) -> list[int]:
        """Remove several messages at once."""
        before = dict(self.messages.get(channel_id, {}))
        deleted = super().bulk_delete_messages(channel_id, message_ids)
        for message_id in deleted:
            self.event_bus.publish(MessageRemoved(before[message_id]))
        return deleted

    def _system(self, place: int, kind: MessageType, thread: Channel) -> None:
        author = thread.owner_id or self.bot_user.id
        self.create_system_message(place, kind, author, target_channel_id=thread.id)


def _with_files(
    embed: dict[str, Any], by_name: dict[str, dict[str, Any]], embedded_ids: set[str]
) -> dict[str, Any]:
    embed = {"type": "rich", **embed}
    for key, field in (
        ("image", "url"),
        ("thumbnail", "url"),
        ("author", "icon_url"),
        ("footer", "icon_url"),
    ):
        part: dict[str, Any] = embed.get(key) or {}
        stored = by_name.get(part.get(field, ""))
        if stored is not None:
            embedded_ids.add(stored["id"])
            embed[key] = {**part, field: stored["url"]} | {
                size: stored[size] for size in ("width", "height") if size in stored
            }
    return embed
