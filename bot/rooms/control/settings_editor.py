"""The editor of settings: what an admin typed is checked, and each change is on the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from bot.domain import Act, Moderator, RoomSettings
from bot.domain.act_details import SettingChange, SettingsDetails
from bot.errors import FourRoomsError
from bot.rooms.audit import AuditLog
from bot.rooms.chat.crisis.help_lines import countries, country_help
from bot.rooms.turn_runner import TurnRunner

_OPTIONAL: Final = frozenset(
    name for name, field in RoomSettings.model_fields.items() if field.default is None
)


class WrongSetting(FourRoomsError):
    """A value out of its bounds: the text names the setting and what it may be."""


class NothingChanged(FourRoomsError):
    """A change to what is set like that already."""

    public = "Nothing was changed: it is set like that already."


class SettingsEditor:
    """The editor of a Chat Room's settings."""

    def __init__(self, audit: AuditLog, runner: TurnRunner) -> None:
        self._audit = audit
        self._runner = runner

    async def change(self, room_id: int, by: Moderator, **changes: object) -> Act:
        """Set settings by name; text as people type it is understood, "" clears an optional one.

        Raises NoSuchRoom, WrongSetting, NothingChanged.
        """
        room = await self._audit.room(room_id)
        settings = apply_changes(room.settings, changes)
        before, after = room.settings.model_dump(mode="json"), settings.model_dump(mode="json")
        differences = {
            name: SettingChange(before[name], after[name])
            for name in RoomSettings.model_fields
            if before[name] != after[name]
        }
        if not differences:
            raise NothingChanged
        await self._audit.stores.rooms.update_settings(room_id, settings)
        act = await self._audit.record(room, by, SettingsDetails(differences))
        self._runner.wake(room_id)
        return act


def apply_changes(settings: RoomSettings, changes: Mapping[str, object]) -> RoomSettings:
    """Return the settings with changes made to them. Raises WrongSetting."""
    cleaned = {name: _typed(name, value) for name, value in changes.items()}
    try:
        changed = RoomSettings.model_validate({**settings.model_dump(), **cleaned})
    except ValidationError as error:
        raise WrongSetting(public=_said(error)) from error
    if changed.help_country and country_help(changed.help_country) is None:
        raise WrongSetting(
            public=f"No help lines are known for {changed.help_country}; they are for "
            f"{', '.join(sorted(countries()))}. Write your own in “help, own lines”."
        )
    return changed


def _typed(name: str, value: object) -> object:
    """Return a value as it is meant: an admin may have typed spaces, a percent or dollar sign."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name in _OPTIONAL:
        text = text.strip("%$ ")
        return None if text.casefold() in ("", "none", "off") else text
    return text.upper() if name == "help_country" else text


def _said(error: ValidationError) -> str:
    """Explain what is wrong with the first wrong setting, for whoever typed it."""
    first: Any = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "scales"
    field = RoomSettings.model_fields.get(name)
    title = (field and field.title) or name
    what = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{title}: {what[:1].lower()}{what[1:]}."
