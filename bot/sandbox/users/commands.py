"""The commands and menu entries that a person may use somewhere, for a page's list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simcord.enums import AppCommandType
from simcord.interactions import command_leaves

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.users.views import Choice, Command, Parameter


def list_commands(sandbox: SandboxBackend, person_id: int, channel_id: int) -> tuple[Command, ...]:
    """Return the slash commands that somebody may use in a place; subcommands by whole path."""
    roots = sandbox.visible_commands(user_id=person_id, channel_id=channel_id)
    commands: dict[str, Command] = {}
    for root in roots:
        for path, leaf in command_leaves(root):
            parameters = tuple(_parameter(option) for option in leaf.get("options") or [])
            command = Command(" ".join(path), leaf.get("description") or "", parameters)
            commands.setdefault(command.name, command)
    return tuple(commands.values())


def list_menu_entries(sandbox: SandboxBackend, person_id: int, channel_id: int) -> tuple[str, ...]:
    """Return the entries of a message's menu that somebody may use in a place."""
    entries = sandbox.visible_commands(
        user_id=person_id, channel_id=channel_id, type=AppCommandType.MESSAGE
    )
    return tuple(dict.fromkeys(entry["name"] for entry in entries))


def _parameter(option: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=option["name"],
        description=option.get("description") or "",
        kind=int(option["type"]),
        required=bool(option.get("required")),
        choices=tuple(Choice(c["name"], c["value"]) for c in option.get("choices") or []),
        autocomplete=bool(option.get("autocomplete")),
        least=option.get("min_value"),
        most=option.get("max_value"),
        shortest=option.get("min_length"),
        longest=option.get("max_length"),
        channel_kinds=tuple(option.get("channel_types") or ()),
    )
