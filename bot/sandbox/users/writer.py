"""The writing half of a person: messages, reactions, typing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from simcord.backend import errors, models, permissions
from simcord.backend.access import reaction_permissions

from bot.sandbox.server import api_errors
from bot.sandbox.users.interactions import FileUpload
from bot.sandbox.users.reader import PlaceRef, Reader
from bot.sandbox.users.user_errors import refusing
from bot.sandbox.users.views import Message
from bot.sandbox.users.visibility import view_message


class Writer(Reader):
    """Somebody who can read and write, as far as the server lets them."""

    async def say(
        self,
        where: PlaceRef,
        text: str = "",
        *,
        reply_to: Message | int | None = None,
        files: Sequence[FileUpload] = (),
        ping: bool = True,
    ) -> Message:
        """Post a message; ``ping`` False is a reply without notifying whom it answers.

        Raises Refused.
        """
        place_id = self.place_id(where)
        with refusing():
            self._require_post(place_id, *(["attach_files"] if files else []))
            reference = None
            if reply_to is not None:
                target = reply_to.id if isinstance(reply_to, Message) else reply_to
                reference = self.sandbox.normalize_message_reference(
                    place_id, {"message_id": str(target), "fail_if_not_exists": True}
                )
            message = self.sandbox.create_message(
                place_id,
                self.id,
                text,
                reference=reference,
                attachments=self.sandbox.store_attachments(place_id, files),
                allowed_mentions=models.AllowedMentions(replied_user=ping),
            )
        return view_message(self.sandbox, message, self.id)

    def _require_post(self, place_id: int, *also: str) -> None:
        channel = self.sandbox.get_channel(place_id)
        post = "send_messages_in_threads" if channel.is_thread else "send_messages"
        self.sandbox.require_permissions(channel.guild_id, self.id, place_id, post, *also)
        if channel.rate_limit_per_user and not self._bypasses_slowmode(channel):
            self._require_patience(channel)

    def _bypasses_slowmode(self, channel: models.Channel) -> bool:
        held = self.sandbox.compute_permissions(channel.guild_id or 0, self.id, channel.id)
        over = permissions.flag("manage_messages") | permissions.flag("manage_channels")
        return bool(held & over)

    def _require_patience(self, channel: models.Channel) -> None:
        own = [m for m in self.sandbox.messages[channel.id].values() if m.author_id == self.id]
        if not own:
            return
        since = self.sandbox.clock.now() - datetime.fromisoformat(own[-1].timestamp)
        if since.total_seconds() < channel.rate_limit_per_user:
            raise api_errors.slowmode()

    async def edit(self, message: Message, text: str) -> Message:
        """Change a message of their own. Raises Refused."""
        with refusing():
            stored = self._seen_by_them(message)
            if stored.author_id != self.id:
                raise errors.cannot_edit_other_user()
            changed = self.sandbox.edit_message(stored.channel_id, stored.id, {"content": text})
        return view_message(self.sandbox, changed, self.id)

    async def delete(self, message: Message) -> None:
        """Delete a message: their own, or any if they may manage messages. Raises Refused."""
        with refusing():
            stored = self._seen_by_them(message)
            if stored.author_id != self.id and not stored.is_ephemeral:
                guild_id = self.sandbox.get_channel(stored.channel_id).guild_id
                self.sandbox.require_permissions(
                    guild_id, self.id, stored.channel_id, "manage_messages"
                )
            self.sandbox.delete_message(stored.channel_id, stored.id)

    async def react(self, message: Message, emoji: str, *, given: bool = True) -> None:
        """Give an emoji to a message, or take it back. Raises Refused."""
        with refusing():
            stored = self._seen_by_them(message)
            guild_id = self.sandbox.get_channel(stored.channel_id).guild_id
            needed = reaction_permissions(stored, emoji, reacted=given)
            self.sandbox.require_permissions(guild_id, self.id, stored.channel_id, *needed)
            self.sandbox.require_open(stored.channel_id)
            self.sandbox.set_reaction(stored.channel_id, stored.id, emoji, self.id, given)

    async def begin_typing(self, where: PlaceRef) -> None:
        """Show that they type. Raises Refused."""
        place_id = self.place_id(where)
        with refusing():
            self._require_post(place_id)
        payload = {"channel_id": str(place_id), "user_id": str(self.id)}
        self.sandbox.emit("TYPING_START", {**payload, "guild_id": str(self.guild_id)})

    def _seen_by_them(self, message: Message) -> models.Message:
        self.now(message)  # refuses what they do not see
        return self.sandbox.get_message(message.place_id, message.id)
