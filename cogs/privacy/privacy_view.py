"""What people read about their words: what is kept, where it goes, and what they can do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bot.domain import Agent, Room
from bot.domain.memory import LONGEST_LINE, MOST_KEPT, SessionMemory
from bot.domain.privacy import Choices, Chosen, PrivacyChoice, StoredSummary
from bot.domain.rooms import days_after_leaving
from bot.rooms.chat.fixed_texts import ABOUT, ABOUT_NOWHERE, FALLBACK, fixed_text
from bot.storage.stores.privacy.forgetting import Erased
from cogs.shared.text import literal, shown_name

MOST_MODEL: Final = 80
"""Characters of a model's name."""
ROWS: Final[Mapping[str, str]] = {
    "acts": "acts of yours as a moderator, with your name",
    "guidance": "guidance of yours for the Chatbot",
    "ratings": "ratings of yours",
    "feedback": "words of yours on replies: that one helped, or hurt you or was wrong",
    "rewards": "figures that follow from your ratings",
    "rooms": "rooms in which you coach the Chatbot as its Therapist",
    "pause_notices": "notes that you were told of a pause",
    "privacy_choices": "your privacy choices",
    "crises": "notes that you were given help",
    "memories": "sessions that are remembered with you",
}
"""Tables in plain words."""
CHOICES: Final[Mapping[PrivacyChoice, str]] = {
    PrivacyChoice.STORAGE: "be stored and answered",
    PrivacyChoice.FEEDBACK: "count my reactions as feedback",
    PrivacyChoice.TRAINING: "use my words for training",
    PrivacyChoice.MEMORY: "remember what was worked on in talks with me",
}
OUT_OF_REACH: Final = (
    "Out of my reach: files that a moderator downloaded, backups, what others wrote themselves, "
    "your own messages in Discord (delete those yourself), and what the provider of the language "
    "models may have kept."
)


def render_summary(
    summary: StoredSummary,
    choices: Choices,
    rooms: Sequence[Room],
    models: Mapping[Agent, str],
    remembered: Sequence[SessionMemory] = (),
) -> str:
    """Return what is stored of a person, where it goes, how long, and what they chose."""
    memory = f"**What is remembered of talks with you**\n{_memories(remembered)}"
    parts = [
        f"**What is stored about you here**\n{_stored(summary)}",
        *([memory] if remembered else []),
        f"**Where it goes**\n{_where(set(models.values()))}",
        f"**How long**\n{_how_long(rooms)}",
        f"**Your choices**\n{render_choices(choices)}",
        "**What you can do**\n- `/privacy export`: all of it as a file, for you alone\n"
        "- `/privacy choices`: change any of them\n- `/forget`: have all of it deleted now\n"
        "- delete a message of yours in Discord: it is forgotten here too" + _links(rooms),
    ]
    return "\n\n".join(parts)


def render_choices(choices: Choices) -> str:
    """Return the choices, each with when and by whom."""
    return "\n".join(f"- {what}: {_chosen(choices[choice])}" for choice, what in CHOICES.items())


_WITH: Final = "with draft, session and reasons"
KEPT: Final = (
    "Scores stay, as figures without words or names; your privacy choices too, so that they hold."
)


def render_erased(erased: Erased) -> str:
    """Return what was deleted of a person, and what nobody here can reach."""
    if not any((erased.messages, erased.turns, erased.others, erased.rows, erased.posts)):
        return f"**Nothing was stored about you here.**\n{OUT_OF_REACH}"
    replies, others = (_count(n, "reply", "replies") for n in (erased.turns, erased.others))
    entries = _count(erased.rows, "further entry", "further entries")
    posts = _count(erased.posts, "post")
    gone = {
        f"{_count(erased.messages, 'message')} of yours, with your name and id": erased.messages,
        f"{replies} to you, {_WITH}": erased.turns,
        f"{others} to others that quoted or named you, {_WITH}": erased.others,
        f"{entries} by you or about you, such as ratings, or your name on acts": erased.rows,
        f"{posts} of mine in Discord that showed it: deleted within minutes": erased.posts,
    }
    lines = [f"- {what}" for what, count in gone.items() if count]
    return "\n".join(
        [
            "**Forgotten.**",
            *lines,
            KEPT,
            OUT_OF_REACH,
        ]
    )


def render_about(bot_name: str, rooms: Collection[Room], language: str = FALLBACK) -> str:
    """Return what the bot is, for everybody, in a language."""
    where = ", ".join(f"<#{room.id}>" for room in list(rooms)[:20])
    text = fixed_text(
        ABOUT,
        language,
        name=shown_name(bot_name),
        where=where or fixed_text(ABOUT_NOWHERE, language),
    )
    return f"{text}{_links(rooms)}"


def _stored(summary: StoredSummary) -> str:
    lines = []
    if summary.messages:
        since = f", since <t:{int(summary.first_at.timestamp())}:D>" if summary.first_at else ""
        lines.append(
            f"- {_count(summary.messages, 'message')} that you wrote in Chat Rooms{since}, with "
            "your id and display name, and "
            f"{_count(summary.turns, 'reply', 'replies')} to you with draft, session and scores"
        )
    lines.extend(f"- {ROWS.get(name, name)}: {count}" for name, count in summary.rows.items())
    return "\n".join(lines) or "Nothing."


def _memories(remembered: Sequence[SessionMemory]) -> str:
    """Return what the Therapist worked on in talks with a person: their own to read and delete."""
    lines = [
        f"- <t:{int(one.at.timestamp())}:D>, <#{one.room_id}>: "
        f"{literal(', '.join(one.themes) or 'other', MOST_MODEL)}"
        + (f"; kept in mind: {literal(one.keep_in_mind, LONGEST_LINE)}" if one.keep_in_mind else "")
        for one in remembered[:MOST_KEPT]
    ]
    return "\n".join([*lines, "`/privacy choices memory:no` deletes it."])


def _where(models: set[str]) -> str:
    names = ", ".join(f"`{literal(name, MOST_MODEL)}`" for name in sorted(models)) or "a model"
    return (
        f"- to the language models that write, check and score the replies ({names}), with the "
        "lines before yours, each time somebody in the room is answered\n"
        "- to the moderators of this server: drafts, sessions, scores, with quotes of your words\n"
        "- to nobody else, and into no training of models"
    )


def _how_long(rooms: Sequence[Room]) -> str:
    lines = []
    for room in rooms[:20]:
        days = room.settings.retention_days
        kept = f"{_count(days, 'day')}, then only figures" if days else "as long as the room exists"
        lines.append(f"- <#{room.id}>: {kept}")
    left = days_after_leaving(rooms)
    if left is not None:
        lines.append(
            f"- after you leave the server and are silent for {_count(left, 'day')}: nothing"
        )
    lines.append("- a month after I am removed from the server: nothing")
    return "\n".join(lines)


def _links(rooms: Collection[Room]) -> str:
    links = dict.fromkeys(room.settings.privacy_link for room in rooms)
    return "".join(f"\nThis server's own privacy notice: <{link}>" for link in links if link)


def _chosen(chosen: Chosen) -> str:
    answer = "**yes**" if chosen.yes else "**no**"
    if chosen.at is None:
        return f"{answer} (you have not said)"
    return f"{answer} (<t:{int(chosen.at.timestamp())}:D>, by <@{chosen.by_id}>)"


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {several or noun + 's'}"
