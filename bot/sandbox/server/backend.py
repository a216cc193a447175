"""The sandbox's Discord: simcord's in-memory one, with its deviations mended.

::

    Core           the clock, ids, news
    └── Threads    private threads, archiving, locking
        └── Messages   mentions, replies, nonces, files in embeds
            └── SandboxBackend   interactions, commands, channels that go
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from simcord.backend import errors
from simcord.backend.access import channel_accessible
from simcord.backend.models import Interaction

from bot.sandbox.server import api_errors
from bot.sandbox.server.events import CommandsChanged, InteractionAnswered, MessageChanged
from bot.sandbox.server.messages import Messages


class SandboxBackend(Messages):
    """Everything there is: one application, its guilds, and what happens in them."""

    def __init__(self) -> None:
        self.could_see: dict[int, frozenset[int]] = {}
        """Those who could see a thread or channel that is being deleted right now."""
        self.shards = 1
        """The shards that the application is told to have."""
        self.max_concurrency = 1
        """The sessions of shards that may begin at once, one of each bucket."""
        super().__init__()

    def new_interaction(
        self,
        type: int,  # noqa: A002 - simcord's name
        channel_id: int,
        user_id: int,
        guild_id: int | None,
    ) -> Interaction:
        """Open an interaction; its token cannot be guessed, and old ones are forgotten."""
        self._forget_old_interactions()
        record = super().new_interaction(type, channel_id, user_id, guild_id)
        del self.interaction_tokens[record.token]
        record.token = secrets.token_urlsafe(48)
        self.interaction_tokens[record.token] = record.id
        return record

    def _forget_old_interactions(self) -> None:
        now = self.now_iso()
        for record in list(self.interactions.values()):
            if record.expires_at is None or record.expires_at > now:
                break  # they are in the order of their making
            del self.interactions[record.id]
            self.interaction_tokens.pop(record.token, None)

    def interaction_by_token(self, token: str) -> Interaction:
        """Return the interaction behind a token; an expired token is refused as Discord does."""
        record = self.interactions.get(self.interaction_tokens.get(token, 0))
        expires = None if record is None else record.expires_at
        if expires is not None and self.now_iso() >= expires:
            raise api_errors.invalid_webhook_token()
        return super().interaction_by_token(token)

    def note_answer(self, interaction_id: int) -> None:
        """Say that the application has gone on with an interaction."""
        self.event_bus.publish(InteractionAnswered(interaction_id))

    def register_commands(
        self, guild_id: int | None, payloads: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Replace the commands of a scope."""
        registered = super().register_commands(guild_id, payloads)
        for command in registered:
            needed = command.get("default_member_permissions")
            command["default_member_permissions"] = None if needed is None else str(needed)
            command.setdefault("version", str(self.snowflake()))
        self.event_bus.publish(CommandsChanged())
        return registered

    def delete_channel(self, channel_id: int) -> None:
        """Remove a channel with its threads, telling those who could see it."""
        channel = self.get_channel(channel_id)
        guild = self.guilds.get(channel.guild_id or 0)
        for thread_id in list(guild.thread_ids) if guild is not None else ():
            if self.channels[thread_id].parent_id == channel_id:
                self.delete_channel(thread_id)
        self.could_see[channel_id] = frozenset(
            user_id
            for user_id in (guild.members if guild is not None else ())
            if channel_accessible(self, channel_id, user_id)
        )
        try:
            super().delete_channel(channel_id)
        finally:
            del self.could_see[channel_id]

    def emit(self, event: str, payload: Mapping[str, Any]) -> None:
        """Announce an event; reactions and votes change their message for people too."""
        super().emit(event, payload)
        if event.startswith(("MESSAGE_REACTION_", "MESSAGE_POLL_")) and not self._hushed:
            place = self.messages.get(int(payload["channel_id"]), {})
            message = place.get(int(payload["message_id"]))
            if message is not None:
                self.event_bus.publish(MessageChanged(message))

    def require_member(self, guild_id: int, user_id: int) -> None:
        """Refuse what only members of a guild may ask for."""
        if user_id not in self.get_guild(guild_id).members:
            raise errors.missing_access()
