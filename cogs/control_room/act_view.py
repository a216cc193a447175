"""How the moderators' acts read in the moderator channel. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from bot.domain import Act
from bot.domain.act_details import (
    AnotherRoundDetails,
    EditDetails,
    ExtendPauseDetails,
    GuideDetails,
    PauseDetails,
    PauseServerDetails,
    QueryDetails,
    ResumeDetails,
    ResumeServerDetails,
    SettingChange,
    SettingsDetails,
    SetupDetails,
    SimulateDetails,
    WithdrawGuidanceDetails,
)
from bot.domain.session_acts import CheckInDetails
from bot.reports.act_sentences import act_sentence
from bot.rooms.chat.splitting import MESSAGE_LIMIT
from bot.rooms.control.settings_editor import setting_title
from bot.text.moderator_texts import Later, say, say_count, say_exactly, say_reason
from cogs.control_room.pause_view import end_of, render_until
from cogs.control_room.settings_view import CAUSES, CAUSES_IN_WORDS, PEOPLE, ROLE, in_words
from cogs.shared.counts import minutes as in_minutes
from cogs.shared.counts import people, replies
from cogs.shared.text import (
    literal,
    make_harmless,
    on_one_line,
    quoted,
    shortened,
    shown_name,
)

MOST_REASON: Final = 500
MOST_WORDS: Final = 1500


def render_act(act: Act) -> str:
    """Render who did what, where and why: one short message."""
    why = f"\n{quoted(say_reason(act.reason), MOST_REASON)}" if act.reason else ""
    sentence = _sentence(act, f"**{shown_name(act.by.name)}**", _where(act)) + why
    return shortened(sentence, MESSAGE_LIMIT)


def render_notice(text: str) -> str:
    """Return a notice of the bot about a room."""
    said = say_reason(text)
    marked = bool(said) and unicodedata.category(said[0]) == "So"  # ⚠ and the like
    mark = "" if marked else "ℹ️ "  # noqa: RUF001
    return f"{mark}{make_harmless(said)[:MOST_WORDS]}"


def _where(act: Act) -> str:
    if act.room_id:
        return f"<#{act.room_id}>"
    if isinstance(act.details, PauseServerDetails | ResumeServerDetails):
        return say("all Chat Rooms of the server")
    return say("the server")


_SET_UP: Final = Later(
    "🛠️ {who} set up {where} as a Chat Room, with therapy threads under <#{therapy}>."
)


def _sentence(act: Act, who: str, where: str) -> str:
    """Return the act as a sentence; one of a kind without a sentence, with its details."""
    plain = act_sentence(act, who=who, where=where, show_name=shown_name)
    match act.details:
        case PauseDetails() | PauseServerDetails() | ExtendPauseDetails():
            sentence = _paused(act, who, where)
        case ResumeDetails() | ResumeServerDetails():
            resumed = say("▶️ {who} resumed {where}.", who=who, where=where)
            sentence = f"{resumed}{set_aside(act)}"
        case SetupDetails(therapy=therapy):
            return say(_SET_UP, who=who, where=where, therapy=therapy)
        case GuideDetails(text=text, turns=turns):
            length = replies(turns)
            guides = say(
                "🧭 {who} guides {where} for {replies}.", who=who, where=where, replies=length
            )
            sentence = f"{guides}\n{quoted(text, MOST_REASON)}"
        case SettingsDetails(changes=changes):
            changed = say("⚙️ {who} changed the settings of {where}.", who=who, where=where)
            sentence = f"{changed}\n{_listed_changes(changes)}"
        case QueryDetails(question=words) | CheckInDetails(question=words) if not words:
            sentence = plain
        case (
            WithdrawGuidanceDetails(text=words)
            | EditDetails(after=words)
            | AnotherRoundDetails(words=words)
            | QueryDetails(question=words)
            | CheckInDetails(question=words)
        ):
            sentence = f"{plain}\n{quoted(words, MOST_REASON)}"
        case _:
            sentence = plain or _rare(act, who, where)
    return sentence


def _paused(act: Act, who: str, where: str) -> str:
    """Return a pause, or one that was made longer, as a sentence."""
    until = render_until(end_of(act))
    if not isinstance(act.details, ExtendPauseDetails):
        return say("⏸️ {who} paused {where} {until}.", who=who, where=where, until=until)
    return say(
        "⏳ {who} paused {where} {time} longer, {until}.",
        who=who,
        where=where,
        time=in_minutes(act.details.minutes),
        until=until,
    )


def set_aside(act: Act) -> str:
    """Return a sentence on what of a pause is not answered, or nothing."""
    details = act.details
    if not isinstance(details, ResumeDetails | ResumeServerDetails) or not details.set_aside:
        return ""
    count = details.set_aside
    return say_count(
        " {count} message of the pause will not be answered.",
        " {count} messages of the pause will not be answered.",
        count,
    )


def _listed_changes(changes: Mapping[str, SettingChange]) -> str:
    return "\n".join(
        f"- {_title(name)}: {_value(name, change.before)} → {_value(name, change.after)}"
        for name, change in changes.items()
    )


def _title(name: str) -> str:
    return literal(say(setting_title(name)), 80)


def _value(name: str, value: object) -> str:
    if value in (None, "", []):
        return say("none")
    if name == ROLE:
        return f"<@&{value}>"
    if name == PEOPLE:  # how many, and of some that they are others than before
        return _how_many(str(value))
    if isinstance(value, list):
        return on_one_line(", ".join(_listed(name, one) for one in value), 200)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return say_exactly(value)
    return on_one_line(in_words(name, str(value)), 80)


def _how_many(stored: str) -> str:
    number, _, whom = stored.partition(" ")
    if not number.isdecimal():
        return on_one_line(stored, 80)
    if whom == "others":
        return say_count("{count} other person", "{count} other people", int(number))
    return people(int(number))


def _listed(name: str, one: object) -> str:
    """Return one of several values of a setting, such as a scale of the server's own."""
    if isinstance(one, Mapping):
        return str(one.get("name", ""))
    known = {cause.value: str(words) for cause, words in CAUSES_IN_WORDS.items()}
    return known.get(str(one), str(one)) if name == CAUSES else str(one)


def _rare(act: Act, who: str, where: str) -> str:
    """Return a simulation as a sentence, and what this version does not know, with its details."""
    if not isinstance(act.details, SimulateDetails):
        return _unknown(act, who, where)
    count, persona = act.details.turns, literal(act.details.persona, 40)
    return say(
        "🎭 {who} lets a model play a User ({persona}) in {where}, for {replies}.",
        who=who,
        persona=persona,
        where=where,
        replies=replies(count),
    )


def _unknown(act: Act, who: str, where: str) -> str:
    details = ", ".join(f"{name}: {value}" for name, value in act.details.as_stored().items())
    return say(
        "🔹 {who}: {kind} in {where}. {details}",
        who=who,
        kind=literal(act.kind, 80),
        where=where,
        details=on_one_line(details, 400),
    )
