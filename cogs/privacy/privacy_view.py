"""What people read about their words: what is kept, where it goes, and what they can do. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from bot.domain import Agent, ReplyWhen, Room
from bot.domain.memory import LONGEST_LINE, MOST_KEPT, SessionMemory
from bot.domain.privacy import Choices, Chosen, PrivacyChoice, StoredSummary
from bot.domain.rooms import days_after_leaving
from bot.rooms.chat.fixed_texts import ABOUT, ABOUT_ALWAYS, ABOUT_NOWHERE, FALLBACK, fixed_text
from bot.storage.stores.privacy.forgetting import Erased
from bot.text.moderator_texts import Later, say, say_count
from cogs.shared.counts import days as in_days
from cogs.shared.counts import messages, posts, replies
from cogs.shared.text import literal, shown_name

MOST_MODEL: Final = 80
"""Characters of a model's name."""
ROWS: Final[Mapping[str, Later]] = {
    "acts": Later("what you did as a moderator, with your name"),
    "guidance": Later("guidance of yours for the Chatbot"),
    "ratings": Later("ratings of yours"),
    "feedback": Later("words of yours on replies: that one helped, or hurt you or was wrong"),
    "rewards": Later("figures that follow from your ratings"),
    "rooms": Later("rooms in which you coach the Chatbot as its Therapist"),
    "pause_notices": Later("notes that you were told of a pause"),
    "privacy_choices": Later("your privacy choices"),
    "crises": Later("notes that you were given help"),
    "memories": Later("sessions that are remembered with you"),
}
"""Tables in plain words."""
CHOICES: Final[Mapping[PrivacyChoice, Later]] = {
    PrivacyChoice.STORAGE: Later("be stored and answered"),
    PrivacyChoice.FEEDBACK: Later("count my reactions as feedback"),
    PrivacyChoice.TRAINING: Later("use my words for training"),
    PrivacyChoice.MEMORY: Later("remember what was worked on in talks with me"),
}
OUT_OF_REACH: Final = Later(
    "Out of my reach: files that a moderator downloaded, backups, what others "
    "wrote themselves, your own messages in Discord (delete those yourself), and "
    "what the provider of the language models may have kept."
)


def render_summary(
    summary: StoredSummary,
    choices: Choices,
    rooms: Sequence[Room],
    models: Mapping[Agent, str],
    remembered: Sequence[SessionMemory] = (),
    addresses: Collection[str] = (),
) -> str:
    """Return what is stored of a person, where it goes, how long, and what they chose.

    ``addresses`` are those of the endpoints of ``models``, as far as they are known.
    """
    memory = say(
        "**What is remembered of talks with you**\n{memories}", memories=_memories(remembered)
    )
    parts = [
        say("**What is stored about you here**\n{stored}", stored=_stored(summary)),
        *([memory] if remembered else []),
        say("**Where it goes**\n{where}", where=_where(set(models.values()), addresses)),
        say("**How long**\n{how_long}", how_long=_how_long(rooms)),
        say("**Your choices**\n{choices}", choices=render_choices(choices)),
        say(
            "**What you can do**\n"
            "- `/privacy export`: all of it as a file, for you alone\n"
            "- `/privacy choices`: change any of them\n"
            "- `/forget`: have all of it deleted now\n"
            "- delete a message of yours in Discord: it is forgotten here too"
        )
        + _links(rooms),
    ]
    return "\n\n".join(parts)


def render_choices(choices: Choices) -> str:
    """Return the choices, each with when and by whom."""
    return "\n".join(f"- {what}: {_chosen(choices[choice])}" for choice, what in CHOICES.items())


def how_to_choose() -> str:
    """Return how a choice is changed, for whoever looked and changed none."""
    return say(
        "To change one, type it with *True* for yes or *False* for no, such as `/privacy choices "
        "reactions:True`. The options are `stored`, `reactions`, `training` and `memory`, in this "
        "order."
    )


KEPT: Final = Later(
    "Scores stay, as figures without words or names; your privacy choices too, so that they hold."
)


def render_erased(erased: Erased) -> str:
    """Return what was deleted of a person, and what nobody here can reach."""
    if not any((erased.messages, erased.turns, erased.others, erased.rows, erased.posts)):
        return say(
            "**Nothing was stored about you here.**\n{out_of_reach}", out_of_reach=OUT_OF_REACH
        )
    gone = {
        say("{messages} of yours, with your name and id", messages=messages(erased.messages)): (
            erased.messages
        ),
        say(
            "{replies} to you, each with its draft, session and reasons",
            replies=replies(erased.turns),
        ): erased.turns,
        say(
            "{replies} to others that quoted or named you, each with its draft, session and "
            "reasons",
            replies=replies(erased.others),
        ): erased.others,
        say_count(
            "{count} further entry by you or about you, such as ratings, or your name on acts",
            "{count} further entries by you or about you, such as ratings, or your name on acts",
            erased.rows,
        ): erased.rows,
        say(
            "{posts} of mine in Discord that showed it: deleted within minutes",
            posts=posts(erased.posts),
        ): erased.posts,
    }
    lines = [f"- {what}" for what, count in gone.items() if count]
    return "\n".join([say("**Forgotten.**"), *lines, str(KEPT), str(OUT_OF_REACH)])


def render_about(bot_name: str, rooms: Collection[Room], language: str = FALLBACK) -> str:
    """Return what the bot is, for everybody, in a language."""
    where = ", ".join(_answers_in(room, language) for room in list(rooms)[:20])
    text = fixed_text(
        ABOUT,
        language,
        name=shown_name(bot_name),
        where=where or fixed_text(ABOUT_NOWHERE, language),
    )
    return f"{text}{_links(rooms)}"


def _answers_in(room: Room, language: str) -> str:
    place = f"<#{room.id}>"
    if room.settings.reply_when is not ReplyWhen.ALWAYS:
        return place
    return fixed_text(ABOUT_ALWAYS, language, room=place)


def _stored(summary: StoredSummary) -> str:
    lines = []
    if summary.messages:
        since = (
            say(", since <t:{at}:D>", at=int(summary.first_at.timestamp()))
            if summary.first_at
            else ""
        )
        lines.append(
            say(
                "- {messages} that you wrote in Chat Rooms{since}, with your id and display name, "
                "and {replies} to you with draft, session and scores",
                messages=messages(summary.messages),
                since=since,
                replies=replies(summary.turns),
            )
        )
    lines.extend(f"- {ROWS.get(name, name)}: {count}" for name, count in summary.rows.items())
    return "\n".join(lines) or say("Nothing.")


def _memories(remembered: Sequence[SessionMemory]) -> str:
    """Return what the Therapist worked on in talks with a person: their own to read and delete."""
    lines = [
        f"- <t:{int(one.at.timestamp())}:D>, <#{one.room_id}>: "
        f"{literal(', '.join(one.themes) or say('other'), MOST_MODEL)}"
        + (
            say(
                "; kept in mind: {keep_in_mind}",
                keep_in_mind=literal(one.keep_in_mind, LONGEST_LINE),
            )
            if one.keep_in_mind
            else ""
        )
        for one in remembered[:MOST_KEPT]
    ]
    return "\n".join([*lines, say("`/privacy choices memory:False` deletes it.")])


def _where(models: set[str], addresses: Collection[str]) -> str:
    names = ", ".join(f"`{literal(name, MOST_MODEL)}`" for name in sorted(models)) or say("a model")
    return say(
        "- to the language models that write, check and score the replies ({names}), "
        "with the lines before yours, each time somebody in the room is answered\n"
        "- to the moderators of this server: drafts, sessions, scores, with quotes of "
        "your words\n"
        "- to nobody else from me, and I train no model on it\n"
        "{provider}",
        names=names,
        provider=_provider(addresses),
    )


def _provider(addresses: Collection[str]) -> str:
    """Return who runs the models, and that what they do there is for them to say."""
    hosts = {urlsplit(address).hostname or "" for address in addresses}
    if hosts and all(map(_is_own_machine, hosts)):
        return say("- the models answer on the very machine that I run on")
    public = sorted(filter(_is_public, hosts))
    named = ", ".join(f"`{literal(host, MOST_MODEL)}`" for host in public)
    if named:
        return say(
            "- the models answer at {hosts}: what is kept there, and whether anything is trained "
            "on it, is up to the terms of that provider, and I cannot see it",
            hosts=named,
        )
    return say(
        "- whoever runs the models has terms of their own: what is kept there, and whether "
        "anything is trained on it, I cannot see"
    )


def _is_own_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_public(host: str) -> bool:
    """Return whether a host is a provider's: the names in an operator's own network are theirs."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".lan", ".home", ".corp"))


def _how_long(rooms: Sequence[Room]) -> str:
    lines = []
    for room in rooms[:20]:
        days = room.settings.retention_days
        kept = (
            say("{days}, then only figures", days=in_days(days))
            if days
            else say("as long as the room exists")
        )
        lines.append(f"- <#{room.id}>: {kept}")
    left = days_after_leaving(rooms)
    if left is not None:
        lines.append(
            say(
                "- if you leave the server and are silent for {days}: it is all deleted then",
                days=in_days(left),
            )
        )
    lines.append(say("- if I am removed from the server: it is all deleted a month later"))
    return "\n".join(lines)


def _links(rooms: Collection[Room]) -> str:
    links = dict.fromkeys(room.settings.privacy_link for room in rooms)
    return "".join(
        say("\nThis server's own privacy notice: <{link}>", link=link) for link in links if link
    )


def _chosen(chosen: Chosen) -> str:
    answer = say("**yes**") if chosen.yes else say("**no**")
    if chosen.at is None:
        return say("{answer} (you have not said)", answer=answer)
    return say(
        "{answer} (<t:{at}:D>, by {person})",
        answer=answer,
        at=int(chosen.at.timestamp()),
        person=f"<@{chosen.by_id}>",
    )
