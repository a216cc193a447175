"""The data of an interaction, made from what a person chose, with the client's own checks.

Simcord's builders want its handles; these take ids, so that a person anywhere can ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simcord.backend import serializers
from simcord.backend.access import channel_accessible
from simcord.backend.command_access import command_access
from simcord.backend.errors import OptionError, SetupError
from simcord.enums import AppCommandType, ComponentType, OptionType
from simcord.interactions import (
    nest_options,
    store_interaction_attachment,
    validate_option_value,
    walk_to_subcommand,
)

from bot.sandbox.server.backend import SandboxBackend

FileUpload = tuple[str, bytes]
"""A file by name and content."""

OptionValue = str | int | float | bool | FileUpload
"""The value of an option; people, roles and channels by id."""

# Two tables, as their numbers overlap.
ENTITIES: Final = {
    ComponentType.USER_SELECT: ("users",),
    ComponentType.ROLE_SELECT: ("roles",),
    ComponentType.MENTIONABLE_SELECT: ("users", "roles"),
    ComponentType.CHANNEL_SELECT: ("channels",),
}
_ENTITY_OPTIONS: Final = {
    OptionType.USER: ("users",),
    OptionType.CHANNEL: ("channels",),
    OptionType.ROLE: ("roles",),
    OptionType.MENTIONABLE: ("users", "roles"),
}


class InteractionBuilder:
    """A builder of the interactions of one person in one place."""

    def __init__(self, sandbox: SandboxBackend, person_id: int, channel_id: int) -> None:
        self._sandbox = sandbox
        self._person_id = person_id
        self._channel = sandbox.get_channel(channel_id)

    def command(self, name: str, values: Mapping[str, OptionValue]) -> dict[str, Any]:
        """Build a slash command with its options.

        Raises SetupError for what a client would not send.
        """
        root, leaf, path = self._find(name)
        built, resolved = self._options(name, leaf, values)
        return self._data(root, nest_options(root, path, built), resolved)

    def suggestion(
        self, name: str, option: str, typed: str, values: Mapping[str, OptionValue]
    ) -> dict[str, Any]:
        """Build what is sent while somebody types into an option with autocomplete."""
        root, leaf, path = self._find(name)
        spec = next((o for o in leaf.get("options") or [] if o["name"] == option), None)
        if spec is None or not spec.get("autocomplete"):
            raise SetupError(f"/{name} suggests nothing for {option!r}")
        built, _ = self._options(name, leaf, values, whole=False)
        built.append({"name": option, "type": spec["type"], "value": typed, "focused": True})
        return self._data(root, nest_options(root, path, built), {})

    def menu_entry(self, name: str, message_id: int) -> dict[str, Any]:
        """Build the use of an entry of a message's menu."""
        root = self._usable(name, AppCommandType.MESSAGE)
        message = self._sandbox.get_message(self._channel.id, message_id)
        resolved = {
            "messages": {str(message_id): serializers.message_payload(self._sandbox, message)}
        }
        return {**self._data(root, [], resolved), "target_id": str(message_id)}

    def chosen(self, kind: int, values: Sequence[str | int]) -> tuple[list[str], dict[str, Any]]:
        """Return the values of a select for people, roles or channels, and what they stand for."""
        resolved: dict[str, Any] = {}
        for value in values:
            self._resolve(ENTITIES[ComponentType(kind)], int(value), resolved)
        return [str(value) for value in values], resolved

    def store(self, file: FileUpload, resolved: dict[str, Any]) -> str:
        """Keep a file that goes with the interaction; return its id."""
        name, content = file
        return store_interaction_attachment(
            self._sandbox, self._channel.id, name, content, resolved
        )

    def _find(self, name: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        first, *rest = name.split()
        root = self._usable(first, AppCommandType.CHAT_INPUT)
        leaf, path = walk_to_subcommand(root, rest)
        return root, leaf, path

    def _usable(self, name: str, kind: AppCommandType) -> dict[str, Any]:
        """Return the registered command, if this person may use it here: the server's own check."""
        command = self._sandbox.find_command(name, self._channel.guild_id, type=kind)
        if command is None:
            raise SetupError(f"there is no command {name!r}")
        access = command_access(
            self._sandbox, command, user_id=self._person_id, channel_id=self._channel.id
        )
        if not access.allowed:
            raise SetupError(f"{name!r} is not shown to this person here ({access.reason})")
        return command

    def _data(
        self, root: dict[str, Any], options: list[dict[str, Any]], resolved: dict[str, Any]
    ) -> dict[str, Any]:
        data: dict[str, Any] = {
            "id": root["id"],
            "name": root["name"],
            "type": root.get("type", AppCommandType.CHAT_INPUT),
            "options": options,
        }
        if resolved:
            data["resolved"] = resolved
        if root.get("guild_id"):
            data["guild_id"] = root["guild_id"]
        return data

    def _options(
        self,
        name: str,
        leaf: dict[str, Any],
        values: Mapping[str, OptionValue],
        *,
        whole: bool = True,
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        declared = {option["name"]: option for option in leaf.get("options") or []}
        for option_name in values:
            if option_name not in declared:
                raise OptionError(
                    "option-unknown", option_name, f"/{name} has no option {option_name!r}"
                )
        for option_name, spec in declared.items():
            if whole and spec.get("required") and option_name not in values:
                raise OptionError(
                    "option-required", option_name, f"/{name} needs the option {option_name!r}"
                )
        resolved: dict[str, Any] = {}
        built = [
            {
                "name": option_name,
                "type": declared[option_name]["type"],
                "value": self._value(name, declared[option_name], value, resolved),
            }
            for option_name, value in values.items()
        ]
        return built, resolved

    def _value(
        self, name: str, spec: dict[str, Any], value: OptionValue, resolved: dict[str, Any]
    ) -> Any:
        kind = OptionType(spec["type"])
        if kind in _ENTITY_OPTIONS:
            if not isinstance(value, int | str):
                raise OptionError("option-type", spec["name"], "an id is wanted here")
            self._resolve(_ENTITY_OPTIONS[kind], int(value), resolved)
            self._check_channel_kind(spec, int(value))
            return str(value)
        checked = validate_option_value(name, spec, value)
        return self.store(checked, resolved) if kind == OptionType.ATTACHMENT else checked

    def _check_channel_kind(self, spec: dict[str, Any], channel_id: int) -> None:
        allowed = spec.get("channel_types")
        if allowed and self._sandbox.get_channel(channel_id).type not in allowed:
            raise OptionError(
                "option-channel-type", spec["name"], "this kind of channel cannot be chosen"
            )

    def _resolve(self, kinds: tuple[str, ...], entity_id: int, resolved: dict[str, Any]) -> None:
        """Add what an id stands for. Raises SetupError where this person cannot pick it."""
        guild = self._sandbox.guilds.get(self._channel.guild_id or 0)
        key = str(entity_id)
        if "users" in kinds and entity_id in self._sandbox.users:
            user = self._sandbox.users[entity_id]
            resolved.setdefault("users", {})[key] = dict(serializers.user_payload(user))
            if guild is not None and entity_id in guild.members:
                resolved.setdefault("members", {})[key] = dict(
                    serializers.member_payload(
                        self._sandbox, guild, guild.members[entity_id], with_user=False
                    )
                )
        elif "roles" in kinds and guild is not None and entity_id in guild.roles:
            role = guild.roles[entity_id]
            resolved.setdefault("roles", {})[key] = dict(serializers.role_payload(role))
        elif "channels" in kinds and channel_accessible(self._sandbox, entity_id, self._person_id):
            resolved.setdefault("channels", {})[key] = self._channel_data(entity_id)
        else:
            raise SetupError(f"{entity_id} cannot be chosen here")

    def _channel_data(self, channel_id: int) -> dict[str, Any]:
        channel = self._sandbox.get_channel(channel_id)
        data = dict(serializers.channel_payload(self._sandbox, channel))
        if channel.guild_id is not None:
            held = self._sandbox.compute_permissions(channel.guild_id, self._person_id, channel_id)
            data["permissions"] = str(held)
        return data
