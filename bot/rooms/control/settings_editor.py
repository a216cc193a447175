"""The editor of settings: what an admin typed is checked, and each change is on the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from bot.domain import Act, Agent, Moderator, NewAct, Room, RoomSettings
from bot.domain.act_details import SettingChange, SettingsDetails
from bot.domain.server_limits import ServerLimits
from bot.errors import FourRoomsError, WrongInput
from bot.rooms.audit import AuditLog, new_act
from bot.rooms.chat.crisis.help_lines import countries, country_help
from bot.rooms.turn_runner import TurnRunner
from bot.text.moderator_texts import Later, read_number, say, say_exactly

SettingsT = TypeVar("SettingsT", RoomSettings, ServerLimits)

_OPTIONAL: Final = frozenset(
    name
    for settings in (RoomSettings, ServerLimits)
    for name, field in settings.model_fields.items()
    if type(None) in get_args(field.annotation)
)
_MAY_BE_EMPTY: Final = frozenset(
    name
    for settings in (RoomSettings, ServerLimits)
    for name, field in settings.model_fields.items()
    if field.default == ""
)
MONEY: Final = frozenset({"stop_spend", "limit_cost", "person_cost", "server_cost"})
"""Settings in US dollars, which mean nothing while a model's price is unknown."""


class WrongSetting(WrongInput):
    """A value out of its bounds: the text names the setting and what it may be."""


class NothingChanged(FourRoomsError):
    """A change to what is set like that already."""

    public = "Nothing was changed: it is set like that already."


class SettingsEditor:
    """The editor of a Chat Room's settings."""

    def __init__(self, audit: AuditLog, runner: TurnRunner, unpriced: Sequence[Agent] = ()) -> None:
        """Refuse limits in money while the price of the ``unpriced`` agents' models is unknown."""
        self._audit = audit
        self._runner = runner
        self._unpriced = unpriced

    async def change(self, room_id: int, by: Moderator, **changes: object) -> Act:
        """Set settings by name; text as people type it is understood, "" clears an optional one.

        Raises NoSuchRoom, WrongSetting, NothingChanged.
        """

        def decide(room: Room) -> tuple[Room, NewAct]:
            settings = apply_changes(room.settings, changes)
            differences = find_differences(room.settings, settings, self._unpriced)
            act = new_act(room, by, SettingsDetails(differences))
            return replace(room, settings=settings), act

        act = await self._audit.change_room(room_id, decide)
        self._runner.wake(room_id)
        return act

    async def change_server(self, room_id: int, by: Moderator, **changes: object) -> Act:
        """Set limits of the room's server by name, for all of its rooms; as `change`."""
        room = await self._audit.room(room_id)

        def decide(before: ServerLimits) -> tuple[ServerLimits, NewAct]:
            limits = apply_changes(before, changes)
            details = SettingsDetails(find_differences(before, limits, self._unpriced))
            return limits, NewAct(room.guild_id, None, None, by, details, "", (room_id,))

        act = await self._audit.stores.server_limits.change(room.guild_id, decide)
        self._audit.acted_among(act, [room_id])
        for other in await self._audit.stores.rooms.of_guild(room.guild_id):
            self._runner.wake(other.id)
        return act


def find_differences(
    was: BaseModel, now: BaseModel, unpriced: Sequence[Agent]
) -> dict[str, SettingChange]:
    """Return what is changed, by setting.

    Raises NothingChanged, and WrongSetting for a limit in money without a price.
    """
    before, after = was.model_dump(mode="json"), now.model_dump(mode="json")
    differences = {
        name: _change(name, before[name], after[name])
        for name in type(now).model_fields
        if before[name] != after[name]
    }
    if not differences:
        raise NothingChanged
    for name in differences:
        if name in MONEY and unpriced and after[name] is not None:
            raise WrongSetting(public=_without_price(setting_title(name), unpriced))
    return differences


def _change(name: str, before: Any, after: Any) -> SettingChange:
    """Return a change for the record, which does not say whom an alert is about."""
    if name != "alert_people":
        return SettingChange(before, after)
    others = "others" if len(before) == len(after) else ""
    return SettingChange(f"{len(before)} people", f"{len(after)} {others or 'people'}")


def apply_changes(settings: SettingsT, changes: Mapping[str, object]) -> SettingsT:
    """Return the settings with changes made to them. Raises WrongSetting."""
    cleaned = {name: _typed(name, value) for name, value in changes.items()}
    cleaned = {name: value for name, value in cleaned.items() if not _is_left_out(name, value)}
    try:
        changed = type(settings).model_validate({**settings.model_dump(), **cleaned})
    except ValidationError as error:
        raise WrongSetting(public=_said(error)) from error
    country = str(cleaned.get("help_country", ""))
    if country and country_help(country) is None:
        raise WrongSetting(
            public=say(
                "No help lines are known for {country}; they are for {countries}. Write your own "
                "in “{setting}”.",
                country=country,
                countries=", ".join(sorted(countries())),
                setting=say(setting_title("help_text")),
            )
        )
    return changed


def setting_title(name: str) -> str:
    """Return the title of a setting of a room or of a server; its name if it is unknown."""
    field = RoomSettings.model_fields.get(name) or ServerLimits.model_fields.get(name)
    return (field and field.title) or name


def _without_price(title: str, unpriced: Sequence[Agent]) -> str:
    text = say(
        "{setting}: the price of the model is not known ({agents}), so that nothing would ever be "
        "counted. The bot's operator sets PRICE_PER_MILLION_INPUT and PRICE_PER_MILLION_OUTPUT; "
        "until then, limit calls or tokens.",
        setting=say(title),
        agents=", ".join(say(agent.value).capitalize() for agent in unpriced),
    )
    return _sentence(text)


def _sentence(text: str) -> str:
    """Return a text with a capital letter first: titles of settings begin without one."""
    return f"{text[:1].upper()}{text[1:]}"


def _is_left_out(name: str, value: object) -> bool:
    """Return whether a setting that always has a value was left empty: it stays as it is."""
    return value == "" and name not in _MAY_BE_EMPTY


def _typed(name: str, value: object) -> object:
    """Return a value as it is meant: an admin may have typed spaces, a percent or dollar sign."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name in _OPTIONAL:
        text = read_number(text.strip("%$ "))
        return None if text.casefold() in ("", "none", "off") else text
    if name == "language":
        return text.lower()
    return text.upper() if name == "help_country" else text


def _said(error: ValidationError) -> str:
    """Explain what is wrong with the first wrong setting, for whoever typed it."""
    first: Any = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    why = _in_words(str(first["type"]), first.get("ctx", {}), str(first["msg"]))
    if name == "scales" and len(first["loc"]) > 1:
        why = say("each line has a name of letters and digits, a colon and a description")
    return _sentence(f"{say(setting_title(name))}: {why}." if name else f"{why}.")


def _in_words(kind: str, bounds: Mapping[str, Any], message: str) -> str:
    """Return what a value has to be, in words of everyday."""
    template = _NEEDED.get(kind)
    if template is not None:
        return say(template, **{name: _bound(value) for name, value in bounds.items()})
    return say(message.removeprefix("Value error, "))


def _bound(value: object) -> object:
    return say_exactly(value) if isinstance(value, int | float) else value


_NEEDED: Final = {
    "int_parsing": Later("that has to be a whole number"),
    "int_type": Later("that has to be a whole number"),
    "int_from_float": Later("that has to be a whole number"),
    "float_parsing": Later("that has to be a number"),
    "finite_number": Later("that has to be a number"),
    "less_than_equal": Later("at most {le}, please"),
    "less_than": Later("less than {lt}, please"),
    "greater_than_equal": Later("at least {ge}, please"),
    "greater_than": Later("more than {gt}, please"),
    "string_too_long": Later("at most {max_length} characters, please"),
    "too_long": Later("at most {max_length}, please"),
    "string_pattern_mismatch": Later("that is not written as it has to be"),
    "enum": Later("that is not one of the choices ({expected})"),
}
"""By pydantic's kind of error: what a value has to be."""
