"""The settings of a Chat Room as a page, and as forms to change them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import discord

from bot.domain import Room, RoomSettings
from bot.domain.calls import CallCause
from bot.domain.room_settings import (
    CardsWhen,
    CriticMethod,
    ReplyWhen,
    Scale,
    SeatTimeout,
)
from bot.domain.server_limits import ServerLimits
from bot.rooms.control.settings_editor import WrongSetting, setting_title
from bot.text.moderator_texts import Later, say, say_exactly
from cogs.shared.components import button
from cogs.shared.modals import (
    choice_field,
    choices_field,
    people_field,
    role_field,
    text_field,
)
from cogs.shared.text import on_one_line

PanelSettings = RoomSettings | ServerLimits
"""What a section of the panel is about."""
SECTIONS: Final[dict[str, tuple[Later, str, tuple[str, ...]]]] = {
    # as in ids: heading, mark, settings (at most five: a form has no more fields)
    "answers": (
        Later("Answers"),
        "💬",
        ("persona", "reply_when", "max_rounds", "norms", "paused_answer"),
    ),
    "people": (Later("What people read"), "🗣️", ("notice", "language", "wait_seconds")),
    "gate": (
        Later("Held replies, coaching"),
        "🚦",
        ("gate", "gate_minutes", "seat_minutes", "seat_on_timeout"),
    ),
    "cards": (Later("Cards"), "🗂️", ("cards", "cards_from", "digest_hour")),
    "stop": (
        Later("Stop rules"),
        "🛑",
        ("stop_mean", "stop_empathetic", "stop_failures", "stop_spend"),
    ),
    "calls": (
        Later("Whom to call"),
        "🔔",
        ("call_role_id", "call_for", "quiet_hours", "time_zone"),
    ),
    "alerts": (Later("Alerts"), "📣", ("alert_score", "alert_words", "alert_people")),
    "help": (Later("Help"), "🆘", ("help_country", "help_text")),
    "person": (
        Later("Limits of a person"),
        "⏳",
        ("cooldown", "person_calls", "person_tokens", "person_cost", "exempt_roles"),
    ),
    "room": (Later("Limits of the room"), "📏", ("limit_calls", "limit_tokens", "limit_cost")),
    "server": (
        Later("Limits of the server"),
        "🏛️",
        ("server_calls", "server_tokens", "server_cost"),
    ),
    "keeping": (Later("Keeping"), "🗄️", ("retention_days", "left_days", "privacy_link")),
    "critic": (Later("Critic"), "⚖️", ("critic_method", "critic_repeats", "scales")),
}
SERVER_WIDE: Final = frozenset({"person", "server"})
"""Sections of a server's own limits: they hold for all of its rooms."""
LONG: Final = {
    "norms": 2000,
    "paused_answer": 500,
    "notice": 1200,
    "scales": 1500,
    "help_text": 400,
    "exempt_roles": 500,
    "alert_words": 500,
    "time_zone": 40,
    "privacy_link": 300,
}
"""Settings of more than a few characters, with the most there may be."""
ROLE: Final = "call_role_id"
"""The setting that is a role of the server."""
PEOPLE: Final = "alert_people"
"""The setting that is people of the server."""
CAUSES: Final = "call_for"
"""The setting that is several of a list."""
CAUSES_IN_WORDS: Final = {
    CallCause.HELD: Later("a reply waits for a decision"),
    CallCause.SEAT: Later("a draft waits for whoever coaches the Chatbot"),
    CallCause.STOP: Later("a rule has paused the room"),
    CallCause.FAILURE: Later("no reply could be sent"),
    CallCause.ALERT: Later("an alert"),
}
CHOICES_IN_WORDS: Final[Mapping[str, Mapping[str, Later]]] = {
    "reply_when": {
        ReplyWhen.ADDRESSED: Later("when addressed: mention, reply, name, a question to the room"),
        ReplyWhen.MENTIONED: Later("when mentioned or replied to"),
        ReplyWhen.ALWAYS: Later("always: to every message"),
    },
    "seat_on_timeout": {
        SeatTimeout.THERAPIST: Later("the AI takes over"),
        SeatTimeout.WITHHOLD: Later("no reply is sent"),
    },
    "cards": {
        CardsWhen.EVERY: Later("a card for every reply"),
        CardsWhen.ROLLING: Later("a list of all, and a card for what needs a look"),
        CardsWhen.FLAGGED: Later("only what needs a look"),
        CardsWhen.HOURLY: Later("a digest every hour"),
        CardsWhen.DAILY: Later("a digest every day"),
    },
    "critic_method": {
        CriticMethod.AUTO: Later("the best that its model can do"),
        CriticMethod.PROBE: Later("read from its model's inner state"),
        CriticMethod.YES_NO: Later("by yes/no questions"),
        CriticMethod.WRITTEN: Later("by numbers that it writes"),
    },
}
"""The choices of a setting, as an admin reads them."""
MOST_SHOWN: Final = 200
HIGH_IS_GOOD: Final = "(high is good)"
"""As it is typed, in every language."""
SCALES_HINT: Final = Later("a line each: name: description; {good} after the name if it is")
_SCALE: Final = re.compile(r"(?P<name>[^:(]+?)\s*(?P<good>\(high is good\))?\s*:\s*(?P<what>.+)")


def in_words(name: str, value: str) -> str:
    """Return a choice of a setting as an admin reads it."""
    return str(CHOICES_IN_WORDS.get(name, {}).get(value, value))


def render_settings(room: Room, limits: ServerLimits | None = None) -> discord.Embed:
    """Return all settings of a room and its server's limits, by section."""
    embed = discord.Embed(
        title=say("Settings"), description=say("of <#{room}>", room=room.id), colour=0x5865F2
    )
    for section, (heading, mark, names) in SECTIONS.items():
        settings = settings_of(section, room.settings, limits or ServerLimits())
        lines = (f"{_title(name)}: **{_shown(settings, name)}**" for name in names)
        embed.add_field(name=f"{mark} {say(heading)}", value="\n".join(lines)[:1024], inline=False)
    return embed


def settings_of(section: str, settings: RoomSettings, limits: ServerLimits) -> PanelSettings:
    """Return whichever of the two a section is about."""
    return limits if section in SERVER_WIDE else settings


def section_buttons(room: Room) -> list[discord.ui.Button[Any]]:
    """Return one button a section; `SettingsButton` answers."""
    return [
        button(f"settings:{section}:{room.id}", say(heading), emoji=mark)
        for section, (heading, mark, _) in SECTIONS.items()
    ]


def section_fields(
    section: str, settings: PanelSettings, personas: Sequence[str]
) -> list[discord.ui.Label[Any]]:
    """Return the form of a section, filled in as things are."""
    return [_field(name, settings, personas) for name in SECTIONS[section][2]]


def changes_of(section: str, inputs: Mapping[str, str]) -> dict[str, object]:
    """Return what a form asks for, by setting. The bounds are checked where it is changed."""
    changes: dict[str, object] = {}
    for name in SECTIONS[section][2]:
        if name in inputs:
            changes[name] = _read(name, inputs[name])
    return changes


def _read(name: str, typed: str) -> object:
    if name == "scales":
        return scales_of(typed)
    if name in (CAUSES, PEOPLE):
        return list(filter(None, typed.split(",")))
    return typed


def scales_of(typed: str) -> list[dict[str, object]]:
    """Return the scales that an admin typed, a line each; what is none shows up at the check."""
    scales: list[dict[str, object]] = []
    for line in filter(None, map(str.strip, typed.splitlines())):
        parts = _SCALE.fullmatch(line)
        if parts is None:
            scales.append({"name": line[:32], "description": ""})
            continue
        scales.append(
            {
                "name": parts["name"],
                "description": parts["what"],
                "high_is_bad": parts["good"] is None,
            }
        )
    return scales


def roles_of(text: str, roles: Mapping[str, int]) -> list[int]:
    """Return the ids of roles as an admin typed them, with commas: names, mentions or ids.

    ``roles`` are those of the server by name. Raises WrongSetting for what is none of them.
    """
    by_name = {name.casefold(): role_id for name, role_id in roles.items()}
    ids: list[int] = []
    for part in filter(None, (part.strip() for part in re.split(r"[,\n]", text))):
        number = re.sub(r"\A<@&(\d+)>\Z", r"\1", part)
        role_id = by_name.get(part.casefold().removeprefix("@"))
        if role_id is None and number.isdecimal() and int(number) in roles.values():
            role_id = int(number)
        if role_id is None:
            name = on_one_line(part, 40)
            raise WrongSetting(
                public=say("Exempt roles: there is no role {name} in this server.", name=name)
            )
        ids.append(role_id)
    return list(dict.fromkeys(ids))


def _field(name: str, settings: PanelSettings, personas: Sequence[str]) -> discord.ui.Label[Any]:
    field = type(settings).model_fields[name]
    hint = say(SCALES_HINT, good=HIGH_IS_GOOD) if name == "scales" else say(field.description or "")
    value = getattr(settings, name)
    if name == "persona":
        options = dict.fromkeys([*personas][:25])
        return choice_field(
            name, _title(name), {choice: choice for choice in options}, hint=hint, value=value
        )
    if isinstance(value, StrEnum):
        choices = {choice.value: in_words(name, choice.value) for choice in type(value)}
        return choice_field(name, _title(name), choices, hint=hint, value=value.value)
    if name == CAUSES:
        causes = {cause.value: str(words) for cause, words in CAUSES_IN_WORDS.items()}
        return choices_field(name, _title(name), causes, hint=hint, values=value)
    if name == PEOPLE:
        return people_field(name, _title(name), hint=hint, user_ids=value)
    if name == ROLE:
        return role_field(name, _title(name), hint=hint, role_id=value)
    most = LONG.get(name, 20)
    return text_field(name, _title(name), hint=hint, value=_typed(value), long=most > 40, most=most)


def _title(name: str) -> str:
    title = say(setting_title(name))
    return title[:1].upper() + title[1:]


def _typed(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(_scale_typed(one) if isinstance(one, Scale) else str(one) for one in value)
    return say_exactly(value) if isinstance(value, float) else str(value)


def _scale_typed(scale: Scale) -> str:
    good = "" if scale.high_is_bad else f" {HIGH_IS_GOOD}"
    return f"{scale.name}{good}: {scale.description}"


def _shown(settings: PanelSettings, name: str) -> str:
    value = getattr(settings, name)
    if name == ROLE and value is not None:
        return f"<@&{value}>"
    if name == CAUSES:
        return "; ".join(say(CAUSES_IN_WORDS[cause]) for cause in value) or say("nothing")
    if name == PEOPLE:
        return ", ".join(f"<@{one}>" for one in value) or say("none")
    if isinstance(value, tuple):
        named = (one.name if isinstance(one, Scale) else f"<@&{one}>" for one in value)
        return ", ".join(named) or say("none")
    if isinstance(value, int):
        return say_exactly(value)
    text = in_words(name, _typed(value))
    return on_one_line(text, MOST_SHOWN) if text else say("none")
