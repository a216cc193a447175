"""How the moderators' acts read in the moderator channel. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain import Act, ChatbotState, RoomSettings, StateAnswer
from bot.rooms.chat.chat_room import MESSAGE_LIMIT, split_text
from bot.rooms.control.control_room import ReflectAnswer
from cogs.shared.bars import values
from cogs.shared.text import literal, make_harmless, on_one_line, quoted, shortened, shown_name

MOST_REASON: Final = 500
MOST_WORDS: Final = 1500
MOST_CHANGES: Final = 3
"""Changes shown of a reflection, with `MOST_CHANGE` characters of each text."""
MOST_CHANGE: Final = 300


def render_act(act: Act) -> str:
    """Who did what, where and why: one short message."""
    tell = _TELL.get(act.kind, _something)
    why = f"\n{quoted(act.reason, MOST_REASON)}" if act.reason else ""
    said = tell(act, f"**{shown_name(act.by.name)}**", _where(act)) + why
    return shortened(said, MESSAGE_LIMIT)


def render_notice(text: str) -> str:
    """A notice of the bot about a room."""
    return f"ℹ️ {make_harmless(text)[:MOST_WORDS]}"  # noqa: RUF001


def render_state(answer: StateAnswer, room_id: int, question: str) -> list[str]:
    """The Chatbot's answer to a query, for the moderator who asked."""
    asked = f"\n{quoted(question, MOST_REASON)}" if question else ""
    return split_text(
        f"**How the Chatbot is doing in <#{room_id}>**{asked}\n"
        f"```\n{values(_named(answer.state))}\n```{make_harmless(answer.answer)}"
    )


def render_reflection(answer: ReflectAnswer, room_id: int) -> list[str]:
    """What the Chatbot learned and would have said otherwise, for the moderator who asked."""
    changed = len(answer.changes)
    head = (
        f"**What the Chatbot learned in <#{room_id}>**, looking back on {answer.turns} "
        f"turn{'s' * (answer.turns != 1)}, {changed} of them changed by therapy"
    )
    parts = [head, make_harmless(answer.learned)]
    if answer.changes:
        parts.append("**Without therapy it would have said**")
    parts.extend(
        f"-# turn {change.turn_id}\n{quoted(change.draft, MOST_CHANGE)}\n"
        f"and said\n{quoted(change.reply, MOST_CHANGE)}"
        for change in answer.changes[:MOST_CHANGES]
    )
    return split_text("\n".join(parts))


def _named(state: ChatbotState) -> Mapping[str, int]:
    return {
        "therapy progression": state.therapy_progression,
        "confusion": state.confusion,
        "urgency": state.urgency,
    }


def _where(act: Act) -> str:
    return f"<#{act.room_id}>" if act.room_id else "the server"


def _paused(act: Act, who: str, where: str) -> str:
    minutes = act.details.get("minutes")
    length = f" for {minutes} minute{'s' * (minutes != 1)}" if minutes else ""
    return f"⏸️ {who} paused {where}{length}."


def _resumed(act: Act, who: str, where: str) -> str:
    return f"▶️ {who} resumed {where}.{set_aside(act)}"


def set_aside(act: Act) -> str:
    """What of a pause is not answered."""
    count = act.details.get("set_aside")
    if not count:
        return ""
    return f" {count} message{'s' * (count != 1)} of the pause will not be answered."


def _queried(act: Act, who: str, where: str) -> str:
    question = str(act.details.get("question") or "")
    told = f"\n{quoted(question, MOST_REASON)}" if question else ""
    turn = f" about turn {act.turn_id}" if act.turn_id else ""
    return f"❔ {who} asked the Chatbot in {where}{turn} how it is doing.{told}"


def _reflected(_: Act, who: str, where: str) -> str:
    return f"💭 {who} asked the Chatbot in {where} to reflect on its sessions."


def _set_up(act: Act, who: str, where: str) -> str:
    return (
        f"🛠️ {who} set up {where} as a Chat Room, with therapy threads under "
        f"<#{act.details.get('therapy')}>."
    )


def _on_turn(sentence: str) -> Callable[[Act, str, str], str]:
    """A sentence about a turn: ``{who}``, ``{turn}`` and ``{where}`` stand in it."""

    def tell(act: Act, who: str, where: str) -> str:
        return sentence.format(who=who, turn=f"turn {act.turn_id}", where=where)

    return tell


def _with(name: str, sentence: str) -> Callable[[Act, str, str], str]:
    """A sentence, and below it the words that the act's details hold under ``name``."""

    def tell(act: Act, who: str, where: str) -> str:
        words = quoted(str(act.details.get(name) or ""), MOST_REASON)
        return f"{_on_turn(sentence)(act, who, where)}\n{words}"

    return tell


def _guided(act: Act, who: str, where: str) -> str:
    turns = act.details.get("turns")
    length = f" for {turns} turn{'s' * (turns != 1)}"
    return f"🧭 {who} guides {where}{length}.\n{quoted(str(act.details.get('text')), MOST_REASON)}"


def _set(act: Act, who: str, where: str) -> str:
    changes = "\n".join(
        f"- {_title(name)}: {_value(change, 'before')} → {_value(change, 'after')}"
        for name, change in act.details.items()
    )
    return f"⚙️ {who} changed the settings of {where}.\n{changes}"


def _title(name: str) -> str:
    field = RoomSettings.model_fields.get(name)
    return (field and field.title) or literal(name, 80)


def _value(change: object, when: str) -> str:
    value = change.get(when) if isinstance(change, Mapping) else change
    return "none" if value in (None, "", []) else on_one_line(str(value), 80)


def _rated(act: Act, who: str, _: str) -> str:
    return f"⚖️ {who} rated turn {act.turn_id}: {literal(str(act.details.get('rating')), 40)}."


def _something(act: Act, who: str, where: str) -> str:
    return f"🔹 {who}: {literal(act.kind, 80)} in {where}. {on_one_line(_listed(act), 400)}"


def _listed(act: Act) -> str:
    return ", ".join(f"{name}: {value}" for name, value in act.details.items())


_TELL: Final[dict[str, Callable[[Act, str, str], str]]] = {
    "pause": _paused,
    "resume": _resumed,
    "query": _queried,
    "reflect": _reflected,
    "setup": _set_up,
    "pause server": _paused,
    "resume server": _resumed,
    "guide": _guided,
    "withdraw guidance": _with("text", "🧭 {who} withdrew guidance in {where}."),
    "take seat": _on_turn("🛋️ {who} is the Therapist in {where}."),
    "release seat": _on_turn("🛋️ {who} gave the Therapist's seat in {where} back to the AI."),
    "therapist speaks": _on_turn("🛋️ {who} spoke as Therapist in {turn} in {where}."),
    "therapist ready": _on_turn("🛋️ {who}, as Therapist, let {turn} in {where} go out."),
    "approve": _on_turn("✅ {who} let {turn} in {where} through the gate."),
    "edit": _with("after", "✏️ {who} edited {turn} in {where} at the gate."),
    "another round": _with("words", "🔁 {who} sent {turn} in {where} back into therapy."),
    "withhold": _on_turn("⛔ {who} withheld {turn} in {where}."),
    "delete reply": _on_turn("🗑️ {who} deleted the reply of {turn} in {where}."),
    "rate": _rated,
    "settings": _set,
}
"""Per kind of act, how it reads; any other is shown with its details."""
