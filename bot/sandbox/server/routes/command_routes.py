"""Routes that register commands, with the checks that Discord makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from simcord.backend.errors import BackendError
from simcord.backend.ops.commands import COMMAND_FIELDS
from simcord.enums import AppCommandType, OptionType

from bot.sandbox.server import api_errors
from bot.sandbox.server.routes.table import Call, Routes

routes = Routes()

_SCOPES = (
    "/applications/{application_id}/commands",
    "/applications/{application_id}/guilds/{guild_id}/commands",
)
_NAME = re.compile(r"[-_'\w]{1,32}")
_SIZE: Final = 8000
"""Most characters in the names, descriptions and values of one command."""
_AT_MOST: Final = {
    AppCommandType.CHAT_INPUT: 100,
    AppCommandType.USER: 15,
    AppCommandType.MESSAGE: 15,
}


def _scope(call: Call) -> int | None:
    return int(call.args["guild_id"]) if "guild_id" in call.args else None


def _unknown_command() -> BackendError:
    return BackendError(404, 10063, "Unknown application command")


def replace_all(call: Call) -> Any:
    """Register these commands and no others."""
    wanted = call.json if isinstance(call.json, list) else []
    checked = [_checked(call, payload, str(index)) for index, payload in enumerate(wanted)]
    keys = [(item["name"], item.get("type", AppCommandType.CHAT_INPUT)) for item in checked]
    for kind, most in _AT_MOST.items():
        if sum(key[1] == kind for key in keys) > most:
            raise BackendError(400, 30032, "Maximum number of application commands reached")
    if len(set(keys)) != len(keys):
        raise api_errors.form_error(
            "name",
            "APPLICATION_COMMANDS_DUPLICATE_NAME",
            "Application command names must be unique",
        )
    return call.sandbox.register_commands(_scope(call), checked)


def put_one(call: Call) -> Any:
    """Register one command, in place of one of the same name."""
    checked = _checked(call, call.body(), "0")
    return _registered(call, checked, replacing=None)


def change_one(call: Call) -> Any:
    """Change a registered command."""
    old = _find(call)
    merged = {key: value for key, value in old.items() if key in COMMAND_FIELDS}
    checked = _checked(call, {**merged, **call.body()}, "0")
    return _registered(call, checked, replacing=old)


def _registered(call: Call, new: dict[str, Any], *, replacing: dict[str, Any] | None) -> Any:
    scope = _scope(call)
    others = [
        {key: value for key, value in command.items() if key in COMMAND_FIELDS}
        for command in call.sandbox.commands.get(scope, {}).values()
        if command is not replacing and _key(command) != _key(new)
    ]
    registered = call.sandbox.register_commands(scope, [*others, new])
    return next(command for command in registered if _key(command) == _key(new))


def _key(command: Mapping[str, Any]) -> tuple[str, int]:
    return command["name"], int(command.get("type", AppCommandType.CHAT_INPUT))


def remove_one(call: Call) -> Any:
    """Take a command back."""
    scope = _scope(call)
    old = _find(call)
    others = [c for c in call.sandbox.commands.get(scope, {}).values() if c is not old]
    call.sandbox.register_commands(
        scope, [{key: c[key] for key in c if key in COMMAND_FIELDS} for c in others]
    )


def read_one(call: Call) -> Any:
    """Return one registered command."""
    return _find(call)


def _find(call: Call) -> dict[str, Any]:
    for command in call.sandbox.commands.get(_scope(call), {}).values():
        if command["id"] == call.args["command_id"]:
            return command
    raise _unknown_command()


for _template in _SCOPES:
    routes.on("PUT", _template)(replace_all)
    routes.on("POST", _template)(put_one)
    routes.on("GET", _template + "/{command_id}")(read_one)
    routes.on("PATCH", _template + "/{command_id}")(change_one)
    routes.on("DELETE", _template + "/{command_id}")(remove_one)


def _checked(call: Call, payload: Any, path: str) -> dict[str, Any]:
    """Return a command's definition after Discord's checks; raise 50035 with the field's path."""
    if not isinstance(payload, Mapping):
        raise api_errors.form_error(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used.")
    # Kept apart by Discord, of no effect here: who may see a command does not hang on them.
    payload = {k: v for k, v in payload.items() if k not in ("nsfw", "handler", "id")}
    checked = call.fields(*COMMAND_FIELDS, body=payload)
    chat = checked.get("type", AppCommandType.CHAT_INPUT) == AppCommandType.CHAT_INPUT
    _check_name(checked.get("name"), path, chat=chat)
    if chat:
        _check_description(checked.get("description"), path)
        _check_options(checked.get("options") or [], f"{path}.options")
    if _length(checked) > _SIZE:
        raise api_errors.form_error(
            path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_SIZE})"
        )
    return checked


def _check_name(name: Any, path: str, *, chat: bool) -> None:
    fits = isinstance(name, str) and 1 <= len(name) <= 32
    if fits and chat:
        fits = _NAME.fullmatch(name) is not None and name == name.lower()
    if not fits:
        raise api_errors.form_error(
            f"{path}.name",
            "APPLICATION_COMMAND_INVALID_NAME",
            "Command name is invalid",
        )


def _check_description(text: Any, path: str) -> None:
    if not isinstance(text, str) or not 1 <= len(text) <= 100:
        raise api_errors.form_error(
            f"{path}.description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."
        )


def _check_options(options: list[dict[str, Any]], path: str) -> None:
    if len(options) > 25:
        raise api_errors.form_error(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    optional_seen = False
    for index, option in enumerate(options):
        here = f"{path}.{index}"
        _check_name(option.get("name"), here, chat=True)
        _check_description(option.get("description"), here)
        if len(option.get("choices") or []) > 25:
            raise api_errors.form_error(
                f"{here}.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."
            )
        if option.get("type") in (OptionType.SUBCOMMAND, OptionType.SUBCOMMAND_GROUP):
            _check_options(option.get("options") or [], f"{here}.options")
        elif option.get("required") and optional_seen:
            raise api_errors.form_error(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        else:
            optional_seen = optional_seen or not option.get("required")


def _length(command: Mapping[str, Any]) -> int:
    size = len(str(command.get("name", ""))) + len(str(command.get("description", "")))
    size += sum(len(str(c["name"])) + len(str(c["value"])) for c in command.get("choices") or [])
    return size + sum(_length(option) for option in command.get("options") or [])
