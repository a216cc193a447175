"""Moderators' acts as sentences, for pages and for posts in Discord alike. Pure.

What an act holds besides, such as the words of guidance, is put below them by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain import Act
from bot.domain.act_details import RateDetails
from bot.domain.moderation import ActKind
from bot.domain.moderation_acts import HandReviewDetails, HandSeatDetails, IncidentDetails
from bot.text.moderator_texts import Later, say

ShowName = Callable[[str], str]
"""Returns a colleague's name as it is shown."""


def say_act(act: Act, *, who: str, where: str, show_name: ShowName = str) -> str:
    """Return an act about a reply as a sentence; its kind, where this version knows none.

    ``who`` and ``where`` are shown as they are.
    """
    sentence = act_sentence(act, who=who, where=where, show_name=show_name)
    return sentence or f"{who}: {say(act.kind)}"


def act_sentence(act: Act, *, who: str, where: str, show_name: ShowName = str) -> str:
    """Return what an act was as a sentence; empty for one that takes more than names to tell."""
    names = {"who": who, "reply": reply_of(act), "where": where}
    match act.details:
        case HandSeatDetails(to=to):
            return say(
                "🛋️ {who} has {to} coach the Chatbot in {where}.",
                who=who,
                to=show_name(to),
                where=where,
            )
        case HandReviewDetails(to=to):
            return say(
                "🔎 {who} gave {reply} in {where} to {to} to review.", to=show_name(to), **names
            )
        case RateDetails(rating=rating):
            return say("⚖️ {who} rated {reply}: {rating}.", rating=say(rating), **names)
        case IncidentDetails():
            return _put_on_a_page(act.details, who, where)
    if act.kind == ActKind.QUERY and act.turn_id is not None:
        return say("❔ {who} asked the Chatbot in {where} about {reply} how it is doing.", **names)
    return say(_SENTENCES.get(act.kind, ""), **names)


def reply_of(act: Act) -> str:
    """Return the reply that an act is about, as people call it."""
    return say("a reply") if act.number is None else say("reply #{number}", number=act.number)


def _put_on_a_page(details: IncidentDetails, who: str, where: str) -> str:
    names = say("without names") if details.blanked else say("with names")
    if details.first == details.last:
        reply = say("reply #{number}", number=details.first)
        one = Later("📄 {who} put {reply} of {where} on a page, {names}.")
        return say(one, who=who, reply=reply, where=where, names=names)
    return say(
        "📄 {who} put replies #{first} to #{last} of {where} on a page, {names}.",
        who=who,
        first=details.first,
        last=details.last,
        where=where,
        names=names,
    )


_SENTENCES: Final[Mapping[str, Later]] = {
    ActKind.QUERY: Later("❔ {who} asked the Chatbot in {where} how it is doing."),
    ActKind.CHECK_IN: Later("💬 {who} checks in on the Chatbot in {where}."),
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
"""Per kind of act, a sentence that needs none of its details."""
