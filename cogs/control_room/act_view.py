"""How the moderators' acts read in the moderator channel. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.domain import Act, ChatbotState, StateAnswer
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
from bot.reports.session_notes import WORDED_IN_CODE
from bot.rooms.chat.splitting import MESSAGE_LIMIT, split_text
from bot.rooms.control.control_room import ReflectAnswer
from bot.rooms.control.settings_editor import setting_title
from cogs.control_room.pause_view import end_of, render_until
from cogs.control_room.settings_view import CAUSES, CAUSES_IN_WORDS, ROLE, in_words
from cogs.shared.bars import values
from cogs.shared.text import (
    agents_words,
    literal,
    make_harmless,
    on_one_line,
    quoted,
    shortened,
    shown_name,
)

MOST_REASON: Final = 500
MOST_WORDS: Final = 1500
MOST_CHANGES: Final = 3
"""Changes shown of a reflection, with `MOST_CHANGE` characters of each text."""
MOST_CHANGE: Final = 300


def render_act(act: Act) -> str:
    """Render who did what, where and why: one short message."""
    why = f"\n{quoted(act.reason, MOST_REASON)}" if act.reason else ""
    sentence = _sentence(act, f"**{shown_name(act.by.name)}**", _where(act)) + why
    return shortened(sentence, MESSAGE_LIMIT)


def render_notice(text: str) -> str:
    """Return a notice of the bot about a room."""
    return f"ℹ️ {make_harmless(text)[:MOST_WORDS]}"  # noqa: RUF001


def render_state(answer: StateAnswer, room_id: int, question: str) -> list[str]:
    """Return the Chatbot's answer to a query, for the moderator who asked."""
    quotation = f"\n{quoted(question, MOST_REASON)}" if question else ""
    return split_text(
        f"**How the Chatbot is doing in <#{room_id}>**{quotation}\n"
        f"{_figures(answer.state)}{agents_words(answer.answer)}"
    )


def render_reflection(answer: ReflectAnswer, room_id: int) -> list[str]:
    """Return what the Chatbot learned and would have said otherwise, for who asked."""
    changed = len(answer.changes)
    head = (
        f"**What the Chatbot learned in <#{room_id}>**, looking back on {answer.turns} "
        f"repl{'y' if answer.turns == 1 else 'ies'}, {changed} of them changed by therapy"
    )
    parts = [head, agents_words(answer.learned)]
    if answer.worded_in_code:
        parts.append(f"-# {WORDED_IN_CODE}")
    if answer.changes:
        parts.append("**Without therapy it would have said**")
    if answer.without:
        parts.append(agents_words(answer.without))
    parts.extend(
        f"-# reply #{change.number}\n{quoted(change.draft, MOST_CHANGE)}\n"
        f"and said\n{quoted(change.reply, MOST_CHANGE)}"
        for change in answer.changes[:MOST_CHANGES]
    )
    return split_text("\n".join(parts))


def _figures(state: ChatbotState | None) -> str:
    """Return the figures as bars; nothing where the model has none that mean anything."""
    if state is None:
        return ""
    named = {
        "therapy progress": state.therapy_progression,
        "confusion": state.confusion,
        "urgency": state.urgency,
    }
    return f"```\n{values(named)}\n```"


def _reply(act: Act) -> str:
    return "a reply" if act.number is None else f"reply #{act.number}"


def _where(act: Act) -> str:
    return f"<#{act.room_id}>" if act.room_id else "the server"


def _sentence(act: Act, who: str, where: str) -> str:
    """Return the act as a sentence; one of a kind without a sentence, with its details."""
    plain = _SENTENCES.get(act.kind, "").format(who=who, turn=_reply(act), where=where)
    match act.details:
        case PauseDetails() | PauseServerDetails():
            sentence = f"⏸️ {who} paused {where} {render_until(end_of(act))}."
        case ExtendPauseDetails(minutes=minutes):
            until = render_until(end_of(act))
            sentence = f"⏳ {who} paused {where} {minutes} minutes longer, {until}."
        case ResumeDetails() | ResumeServerDetails():
            sentence = f"▶️ {who} resumed {where}.{set_aside(act)}"
        case QueryDetails(question=question) | CheckInDetails(question=question):
            sentence = _queried(act, question, who, where)
        case SetupDetails(therapy=therapy):
            return (
                f"🛠️ {who} set up {where} as a Chat Room, with therapy threads under <#{therapy}>."
            )
        case GuideDetails(text=text, turns=turns):
            length = f" for {turns} repl{'y' if turns == 1 else 'ies'}"
            sentence = f"🧭 {who} guides {where}{length}.\n{quoted(text, MOST_REASON)}"
        case RateDetails() | HandReviewDetails() | HandSeatDetails() | IncidentDetails():
            sentence = _about_others(act, who, where)
        case SettingsDetails(changes=changes):
            sentence = f"⚙️ {who} changed the settings of {where}.\n{_listed_changes(changes)}"
        case (
            WithdrawGuidanceDetails(text=words)
            | EditDetails(after=words)
            | AnotherRoundDetails(words=words)
        ):
            sentence = f"{plain}\n{quoted(words, MOST_REASON)}"
        case _:
            sentence = plain or _rare(act, who, where)
    return sentence


def _about_others(act: Act, who: str, where: str) -> str:
    """Return an act as a sentence that names a colleague, a rating or several replies."""
    if isinstance(act.details, HandSeatDetails):
        return f"🛋️ {who} has {shown_name(act.details.to)} coach the Chatbot in {where}."
    if isinstance(act.details, HandReviewDetails):
        to = shown_name(act.details.to)
        return f"🔎 {who} gave {_reply(act)} in {where} to {to} to review."
    if isinstance(act.details, IncidentDetails):
        names = "without names" if act.details.blanked else "with names"
        first, last = act.details.first, act.details.last
        replies = f"reply #{first}" if first == last else f"replies #{first} to #{last}"
        return f"📄 {who} put {replies} of {where} on a page, {names}."
    rating = act.details.rating if isinstance(act.details, RateDetails) else ""
    return f"⚖️ {who} rated {_reply(act)}: {literal(rating, 40)}."


_SENTENCES: Final[Mapping[str, str]] = {
    ActKind.REFLECT: "💭 {who} asked the Chatbot in {where} to reflect on its sessions.",
    ActKind.WITHDRAW_GUIDANCE: "🧭 {who} withdrew guidance in {where}.",
    ActKind.TAKE_SEAT: "🛋️ {who} coaches the Chatbot in {where}, as its Therapist.",
    ActKind.RELEASE_SEAT: "🛋️ {who} handed the coaching in {where} back to the AI.",
    ActKind.THERAPIST_SPEAKS: "🛋️ {who} coached the Chatbot on {turn} in {where}.",
    ActKind.THERAPIST_READY: "🛋️ {who}, as Therapist, let {turn} in {where} be sent.",
    ActKind.APPROVE: "✅ {who} let {turn} in {where} be sent.",
    ActKind.EDIT: "✏️ {who} edited {turn} in {where} and sent it.",
    ActKind.ANOTHER_ROUND: "🔁 {who} sent {turn} in {where} back into therapy.",
    ActKind.WITHHOLD: "⛔ {who} withheld {turn} in {where}.",
    ActKind.WITH_THEM: "🆘 {who} is with a person in {where} who may be in danger.",
    ActKind.FALSE_ALARM: "🆘 {who} says that a call in {where} was a false alarm.",
    ActKind.TRY_AGAIN: "🔁 {who} had {turn} in {where} tried again.",
    ActKind.CLEAR_MEMORY: "🧹 {who} cleared what {where} remembered of its sessions.",
    ActKind.TAKE_REVIEW: "🔎 {who} looks at {turn} in {where}.",
    ActKind.FINISH_REVIEW: "☑️ {who} is done with {turn} in {where}.",
    ActKind.REMOVE_ROOM: "🧹 {who} removed {where}: it is no longer a Chat Room.",
    ActKind.DELETE_REPLY: "🗑️ {who} deleted {turn} in {where}.",
}
"""Per kind of act, a sentence that needs none of the details, or has words of them below it."""


def set_aside(act: Act) -> str:
    """Return a sentence on what of a pause is not answered, or nothing."""
    details = act.details
    if not isinstance(details, ResumeDetails | ResumeServerDetails) or not details.set_aside:
        return ""
    count = details.set_aside
    return f" {count} message{'s' * (count != 1)} of the pause will not be answered."


def _queried(act: Act, question: str, who: str, where: str) -> str:
    words = f"\n{quoted(question, MOST_REASON)}" if question else ""
    if act.kind == ActKind.CHECK_IN:
        return f"💬 {who} checks in on the Chatbot in {where}.{words}"
    turn = f" about {_reply(act)}" if act.turn_id else ""
    return f"❔ {who} asked the Chatbot in {where}{turn} how it is doing.{words}"


def _listed_changes(changes: Mapping[str, SettingChange]) -> str:
    return "\n".join(
        f"- {_title(name)}: {_value(name, change.before)} → {_value(name, change.after)}"
        for name, change in changes.items()
    )


def _title(name: str) -> str:
    return literal(setting_title(name), 80)


def _value(name: str, value: object) -> str:
    if value in (None, "", []):
        return "none"
    if name == ROLE:
        return f"<@&{value}>"
    if isinstance(value, list):
        return on_one_line(", ".join(_listed(name, one) for one in value), 200)
    return on_one_line(in_words(name, str(value)), 80)


def _listed(name: str, one: object) -> str:
    """Return one of several values of a setting, such as a scale of the server's own."""
    if isinstance(one, Mapping):
        return str(one.get("name", ""))
    known = {cause.value: words for cause, words in CAUSES_IN_WORDS.items()}
    return known.get(str(one), str(one)) if name == CAUSES else str(one)


def _rare(act: Act, who: str, where: str) -> str:
    """Return a simulation as a sentence, and what this version does not know, with its details."""
    if not isinstance(act.details, SimulateDetails):
        return _unknown(act, who, where)
    count, persona = act.details.turns, literal(act.details.persona, 40)
    length = f"{count} repl{'y' if count == 1 else 'ies'}"
    return f"🎭 {who} lets a model play a User ({persona}) in {where}: {length}."


def _unknown(act: Act, who: str, where: str) -> str:
    details = ", ".join(f"{name}: {value}" for name, value in act.details.as_stored().items())
    return f"🔹 {who}: {literal(act.kind, 80)} in {where}. {on_one_line(details, 400)}"
