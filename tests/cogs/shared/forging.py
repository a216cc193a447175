"""Interactions as whoever talks to Discord by hand can send them: any id, in any place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from discord import app_commands
from simcord.backend import serializers
from simcord.env import Env
from simcord.interactions import base_payload
from simcord.results import InteractionResult

SLASH, PRESS, TYPING, SENT = 2, 3, 4, 5
"""Types of interactions: a command, a control, an option that is being typed, a form."""
MESSAGE_ENTRY = 3
USER, CHANNEL, TEXT_INPUT = 6, 7, 4


@dataclass(frozen=True, slots=True)
class Forger:
    """A person who sends interactions from a channel of a server, or from a direct message."""

    env: Env
    user_id: int
    channel_id: int
    guild_id: int | None
    home_id: int
    """The server whose commands are known by their ids."""

    async def send(
        self, kind: int, data: dict[str, Any], message_id: int | None = None
    ) -> InteractionResult:
        """Send it, and return what became of it."""
        backend = self.env.backend
        record, payload = base_payload(
            backend,
            type=kind,
            channel_id=self.channel_id,
            guild_id=self.guild_id,
            user_id=self.user_id,
            data=data,
        )
        if message_id is not None:
            message = backend.get_message(self.channel_id, message_id)
            payload["message"] = dict(serializers.message_payload(backend, message))
            record.source_message_id = message_id
        backend.emit("INTERACTION_CREATE", payload)
        await self.env.settle()
        return InteractionResult(self.env, record)

    async def give(
        self, command: app_commands.Command[Any, Any, Any], options: Mapping[str, Any]
    ) -> InteractionResult:
        """Give a command with these options."""
        kinds = {option.name: int(option.type.value) for option in command.parameters}
        filled = [
            {"name": name, "type": kinds[name], "value": value} for name, value in options.items()
        ]
        channels = [value for name, value in options.items() if kinds[name] == CHANNEL]
        people = [value for name, value in options.items() if kinds[name] == USER]
        resolved = {
            "channels": {value: self._channel(int(value)) for value in channels},
            "users": {value: self._user(int(value)) for value in people},
            "members": {value: self._member(int(value)) for value in people if self._knows(value)},
        }
        return await self.send(SLASH, {**self._called(command, filled), "resolved": resolved})

    async def type_into(
        self, command: app_commands.Command[Any, Any, Any], option: str
    ) -> InteractionResult:
        """Begin to type into an option of a command."""
        typed = {"name": option, "type": 3, "value": "", "focused": True}
        return await self.send(TYPING, self._called(command, [typed]))

    async def choose_entry(self, name: str, channel_id: int, message_id: int) -> InteractionResult:
        """Choose an entry of the menu of a message."""
        backend = self.env.backend
        message = serializers.message_payload(backend, backend.get_message(channel_id, message_id))
        return await self.send(
            SLASH,
            {
                "id": self._id_of(name, MESSAGE_ENTRY),
                "name": name,
                "type": MESSAGE_ENTRY,
                "target_id": str(message_id),
                "resolved": {"messages": {str(message_id): dict(message)}},
            },
        )

    async def press(self, custom_id: str, choice: str = "") -> InteractionResult:
        """Press a button, or choose of a menu, that stands below a message of the bot."""
        shown: dict[str, Any] = {"type": 2, "style": 2, "label": "Press", "custom_id": custom_id}
        data: dict[str, Any] = {"custom_id": custom_id, "component_type": 2}
        if choice:
            options = [{"label": "One", "value": choice}]
            shown = {"type": 3, "custom_id": custom_id, "options": options}
            data = {"custom_id": custom_id, "component_type": 3, "values": [choice]}
        backend = self.env.backend
        rows = [{"type": 1, "components": [shown]}]
        message = backend.create_message(
            self.channel_id, backend.bot_user.id, "forged", components=rows
        )
        return await self.send(PRESS, data, message.id)

    async def send_form(self, custom_id: str, typed: Mapping[str, str]) -> InteractionResult:
        """Send a form that was never opened, as if below a message of the bot."""
        rows = [
            {"type": 18, "component": {"type": TEXT_INPUT, "custom_id": name, "value": value}}
            for name, value in typed.items()
        ]
        backend = self.env.backend
        message = backend.create_message(self.channel_id, backend.bot_user.id, "forged")
        return await self.send(SENT, {"custom_id": custom_id, "components": rows}, message.id)

    def _called(
        self, command: app_commands.Command[Any, Any, Any], options: list[dict[str, Any]]
    ) -> dict[str, Any]:
        root, *inner = command.qualified_name.split(" ")
        for name in reversed(inner):
            options = [{"name": name, "type": 1, "options": options}]
        return {"id": self._id_of(root, 1), "name": root, "type": 1, "options": options}

    def _id_of(self, name: str, kind: int) -> str:
        known = self.env.backend.find_command(name, self.home_id, type=kind)
        assert known is not None, name
        return str(known["id"])

    def _user(self, user_id: int) -> dict[str, Any]:
        return dict(serializers.user_payload(self.env.backend.users[user_id]))

    def _knows(self, user_id: str) -> bool:
        guild = self.env.backend.guilds.get(self.guild_id or 0)
        return guild is not None and int(user_id) in guild.members

    def _member(self, user_id: int) -> dict[str, Any]:
        backend = self.env.backend
        guild = backend.guilds[self.guild_id or 0]
        member = guild.members[user_id]
        payload = dict(serializers.member_payload(backend, guild, member, with_user=False))
        return {**payload, "permissions": "0"}

    def _channel(self, channel_id: int) -> dict[str, Any]:
        backend = self.env.backend
        payload = dict(serializers.channel_payload(backend, backend.get_channel(channel_id)))
        return {**payload, "permissions": "0"}
