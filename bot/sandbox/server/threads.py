"""Corrections to simcord's threads: who hears of them, what they keep, archiving and locking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from simcord.backend import permissions, serializers
from simcord.backend.models import Channel, Message, Overwrite
from simcord.enums import ChannelType, MessageType

from bot.sandbox.server import api_errors
from bot.sandbox.server.events import MessageMade
from bot.sandbox.server.payloads import build_gateway_message
from bot.sandbox.server.store import Store

HAS_THREAD: Final = 1 << 5
"""Message flag: a thread hangs on this message."""


@dataclass(frozen=True, slots=True)
class NewThread:
    """The options of a new thread. ``archive_after`` is in minutes, ``slowmode`` in seconds."""

    name: str
    private: bool
    archive_after: int = 1440
    invitable: bool = True
    slowmode: int = 0
    message_id: int | None = None


class Threads(Store):
    """Threads as Discord has them."""

    def open_thread(self, parent_id: int, owner_id: int, new: NewThread) -> Channel:
        """Make a thread and announce it; a private one leaves no trace in the parent."""
        if new.message_id is not None and new.message_id in self.channels:
            raise api_errors.thread_exists()
        thread = super().create_thread(
            parent_id,
            new.name,
            owner_id,
            type=ChannelType.PRIVATE_THREAD if new.private else ChannelType.PUBLIC_THREAD,
            auto_archive_duration=new.archive_after,
            message_id=new.message_id,
            broadcast=False,
        )
        thread.rate_limit_per_user = new.slowmode
        if thread.thread_metadata is not None:
            thread.thread_metadata.invitable = new.invitable
        self.announce_thread_create(thread)
        if new.message_id is not None:
            self._hang_on(self.get_message(parent_id, new.message_id), thread)
        return thread

    def create_thread(
        self,
        parent_id: int,
        name: str,
        owner_id: int,
        *,
        type: int = ChannelType.PUBLIC_THREAD,  # noqa: A002 - simcord's name
        auto_archive_duration: int = 1440,
        message_id: int | None = None,
        applied_tags: Iterable[int] = (),
        broadcast: bool = True,
    ) -> Channel:
        """Make a thread as simcord's own callers ask for it, without its system message."""
        if broadcast and not applied_tags:
            new = NewThread(
                name,
                type == ChannelType.PRIVATE_THREAD,
                auto_archive_duration,
                message_id=message_id,
            )
            return self.open_thread(parent_id, owner_id, new)
        return super().create_thread(
            parent_id,
            name,
            owner_id,
            type=type,
            auto_archive_duration=auto_archive_duration,
            message_id=message_id,
            applied_tags=applied_tags,
            broadcast=False,
        )

    def _hang_on(self, starter: Message, thread: Channel) -> None:
        """Mark the message, open the thread with a pointer to it, and say so in the parent."""
        starter.flags |= HAS_THREAD
        self.emit("MESSAGE_UPDATE", build_gateway_message(self, starter))
        reference = {"channel_id": str(starter.channel_id), "message_id": str(starter.id)}
        pointer = Message(
            id=self.snowflake(),
            channel_id=thread.id,
            author_id=thread.owner_id or self.bot_user.id,
            timestamp=self.now_iso(),
            type=MessageType.THREAD_STARTER_MESSAGE,
            reference=reference,
        )
        self.messages[thread.id][pointer.id] = pointer
        self.emit("MESSAGE_CREATE", build_gateway_message(self, pointer))
        self.event_bus.publish(MessageMade(pointer))
        # Only for an older message: at the end of the channel the thread is seen anyway.
        if starter.id != max(self.messages[starter.channel_id]):
            self._system(starter.channel_id, MessageType.THREAD_CREATED, thread)

    def _system(self, place: int, kind: MessageType, thread: Channel) -> None:
        raise NotImplementedError

    def edit_channel(
        self,
        channel_id: int,
        changes: Mapping[str, Any],
        *,
        overwrites: list[Overwrite] | None = None,
        thread_metadata: Mapping[str, Any] | None = None,
    ) -> Channel:
        """Change a channel; renaming one of a guild is not told in it."""
        channel = self.get_channel(channel_id)
        if "name" in changes and not channel.is_thread:
            channel.name = changes["name"]  # simcord then sees no rename, and posts nothing
        return super().edit_channel(
            channel_id, changes, overwrites=overwrites, thread_metadata=thread_metadata
        )

    def set_archived(self, thread: Channel, archived: bool) -> None:
        """Archive a thread or bring it back, with the events of either."""
        meta = thread.thread_metadata
        if meta is None or meta.archived == archived:
            return
        meta.archived = archived
        meta.archive_timestamp = self.now_iso()
        self.announce_channel_update(thread.id)
        if not archived and self.bot_user.id in thread.thread_members:
            membership = serializers.thread_member_payload(thread, self.bot_user.id)
            self.emit("THREAD_MEMBER_UPDATE", {**membership, "guild_id": str(thread.guild_id)})

    def archive_idle(self) -> None:
        """Archive every thread that has been quiet for its auto-archive time."""
        now = self.clock.now()
        for guild in list(self.guilds.values()):
            for thread in self.active_threads(guild.id):
                if self._idle_since(thread) + _archive_after(thread) <= now:
                    self.set_archived(thread, True)

    def _idle_since(self, thread: Channel) -> datetime:
        meta = thread.thread_metadata
        since = meta.archive_timestamp if meta is not None else ""
        last = self.messages.get(thread.id, {}).get(thread.last_message_id or 0)
        if last is not None and last.timestamp > since:
            since = last.timestamp
        return datetime.fromisoformat(since) if since else self.clock.now()

    def add_thread_member(self, thread_id: int, user_id: int) -> Channel:
        """Let somebody into a thread; the bot is first told of a thread that is new to it."""
        thread = self.get_thread(thread_id)
        if user_id == self.bot_user.id and user_id not in thread.thread_members:
            thread.thread_members[user_id] = self.now_iso()
            announced = dict(serializers.thread_payload(self, thread))
            announced["member"] = serializers.thread_member_payload(thread, user_id)
            self.emit("THREAD_CREATE", announced)
            del thread.thread_members[user_id]
        return super().add_thread_member(thread_id, user_id)

    def require_open(self, channel_id: int) -> None:
        """Refuse what an archived thread does not allow: all but posting and unarchiving."""
        meta = self.get_channel(channel_id).thread_metadata
        if meta is not None and meta.archived:
            raise api_errors.thread_archived()

    def require_unlocked(self, channel_id: int, user_id: int) -> None:
        """Refuse a post into a locked thread, save by those who manage threads."""
        channel = self.get_channel(channel_id)
        meta = channel.thread_metadata
        if meta is not None and meta.locked and not self.manages_threads(channel, user_id):
            raise api_errors.thread_locked()

    def manages_threads(self, channel: Channel, user_id: int) -> bool:
        """Return whether somebody may manage, and so see, every thread of this channel's parent."""
        if channel.guild_id is None:
            return False
        held = self.compute_permissions(channel.guild_id, user_id, channel.id)
        return bool(held & permissions.flag("manage_threads"))


def _archive_after(thread: Channel) -> timedelta:
    meta = thread.thread_metadata
    return timedelta(minutes=meta.auto_archive_duration if meta is not None else 1440)
