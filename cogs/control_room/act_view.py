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
    RateDetails,
    ResumeDetails,
    ResumeServerDetails,
    SettingChange,
    SettingsDetails,
    SetupDetails,
    SimulateDetails,
    WithdrawGuidanceDetails,
)
from bot.domain.moderation import ActKind
from bot.domain.moderation_acts import HandReviewDetails, HandSeatDetails, IncidentDetails
from bot.domain.session_acts import CheckInDetails
from bot.rooms.chat.splitting import MESSAGE_LIMIT
from bot.rooms.control.settings_editor import setting_title
from bot.text.moderator_texts import Later, say, say_count, say_reason
from cogs.control_room.pause_view import end_of, render_until
from cogs.control_room.settings_view import CAUSES, CAUSES_IN_WORDS, ROLE, in_words
from cogs.shared.counts import minutes as in_minutes
from cogs.shared.counts import replies
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


def _reply(act: Act) -> str:
    return say("a reply") if act.number is None else say("reply #{number}", number=act.number)


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
    plain = say(_SENTENCES.get(act.kind, Later("")), who=who, reply=_reply(act), where=where)
    match act.details:
        case PauseDetails() | PauseServerDetails() | ExtendPauseDetails():
            sentence = _paused(act, who, where)
        case ResumeDetails() | ResumeServerDetails():
            resumed = say("▶️ {who} resumed {where}.", who=who, where=where)
            sentence = f"{resumed}{set_aside(act)}"
        case QueryDetails(question=question) | CheckInDetails(question=question):
            sentence = _queried(act, question, who, where)
        case SetupDetails(therapy=therapy):
            return say(_SET_UP, who=who, where=where, therapy=therapy)
        case GuideDetails(text=text, turns=turns):
            length = replies(turns)
            guides = say(
                "🧭 {who} guides {where} for {replies}.", who=who, where=where, replies=length
            )
            sentence = f"{guides}\n{quoted(text, MOST_REASON)}"
        case RateDetails() | HandReviewDetails() | HandSeatDetails() | IncidentDetails():
            sentence = _about_others(act, who, where)
        case SettingsDetails(changes=changes):
            changed = say("⚙️ {who} changed the settings of {where}.", who=who, where=where)
            sentence = f"{changed}\n{_listed_changes(changes)}"
        case (
            WithdrawGuidanceDetails(text=words)
            | EditDetails(after=words)
            | AnotherRoundDetails(words=words)
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


def _about_others(act: Act, who: str, where: str) -> str:
    """Return an act as a sentence that names a colleague, a rating or several replies."""
    if isinstance(act.details, HandSeatDetails):
        return say(
            "🛋️ {who} has {to} coach the Chatbot in {where}.",
            who=who,
            to=shown_name(act.details.to),
            where=where,
        )
    if isinstance(act.details, HandReviewDetails):
        to = shown_name(act.details.to)
        return say(
            "🔎 {who} gave {reply} in {where} to {to} to review.",
            who=who,
            reply=_reply(act),
            where=where,
            to=to,
        )
    if isinstance(act.details, IncidentDetails):
        names = say("without names") if act.details.blanked else say("with names")
        if act.details.first == act.details.last:
            reply = say("reply #{number}", number=act.details.first)
            one = Later("📄 {who} put {reply} of {where} on a page, {names}.")
            return say(one, who=who, reply=reply, where=where, names=names)
        return say(
            "📄 {who} put replies #{first} to #{last} of {where} on a page, {names}.",
            who=who,
            first=act.details.first,
            last=act.details.last,
            where=where,
            names=names,
        )
    rating = act.details.rating if isinstance(act.details, RateDetails) else ""
    return say(
        "⚖️ {who} rated {reply}: {rating}.",
        who=who,
        reply=_reply(act),
        rating=say(literal(rating, 40)),
    )


_SENTENCES: Final[Mapping[str, Later]] = {
    ActKind.REFLECT: Later("💭 {who} asked the Chatbot in {where} to reflect on its sessions."),
    ActKind.WITHDRAW_GUIDANCE: Later("🧭 {who} withdrew guidance in {where}."),
    ActKind.TAKE_SEAT: Later("🛋️ {who} coaches the Chatbot in {where}, as its Therapist."),
    ActKind.RELEASE_SEAT: Later("🛋️ {who} handed the coaching in {where} back to the AI."),
    ActKind.THERAPIST_SPEAKS: Later("🛋️ {who} coached the Chatbot on {reply} in {where}."),
    ActKind.THERAPIST_READY: Later("🛋️ {who}, as Therapist, let {reply} in {where} be sent."),
    ActKind.APPROVE: Later("✅ {who} let {reply} in {where} be sent."),
    ActKind.EDIT: Later("✏️ {who} edited {reply} in {where} and sent it."),
    ActKind.ANOTHER_ROUND: Later("🔁 {who} sent {reply} in {where} back into therapy."),
    ActKind.WITHHOLD: Later("⛔ {who} withheld {reply} in {where}."),
    ActKind.WITH_THEM: Later("🆘 {who} is with a person in {where} who may be in danger."),
    ActKind.FALSE_ALARM: Later("🆘 {who} says that a call in {where} was a false alarm."),
    ActKind.TRY_AGAIN: Later("🔁 {who} had {reply} in {where} tried again."),
    ActKind.CLEAR_MEMORY: Later("🧹 {who} cleared what {where} remembered of its sessions."),
    ActKind.TAKE_REVIEW: Later("🔎 {who} looks at {reply} in {where}."),
    ActKind.FINISH_REVIEW: Later("☑️ {who} is done with {reply} in {where}."),
    ActKind.REMOVE_ROOM: Later("🧹 {who} removed {where}: it is no longer a Chat Room."),
    ActKind.DELETE_REPLY: Later("🗑️ {who} deleted {reply} in {where}."),
}
"""Per kind of act, a sentence that needs none of the details, or has words of them below it."""


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


def _queried(act: Act, question: str, who: str, where: str) -> str:
    words = f"\n{quoted(question, MOST_REASON)}" if question else ""
    if act.kind == ActKind.CHECK_IN:
        return say("💬 {who} checks in on the Chatbot in {where}.", who=who, where=where) + words
    if act.turn_id:
        asked = say(
            "❔ {who} asked the Chatbot in {where} about {reply} how it is doing.",
            who=who,
            where=where,
            reply=_reply(act),
        )
        return asked + words
    return (
        say("❔ {who} asked the Chatbot in {where} how it is doing.", who=who, where=where) + words
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
    if isinstance(value, list):
        return on_one_line(", ".join(_listed(name, one) for one in value), 200)
    return on_one_line(in_words(name, str(value)), 80)


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
