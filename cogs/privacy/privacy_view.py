"""What people read about their words: what is kept, where it goes, and what they can do. Pure.

All of it is in the language of whoever asks, as all that members read is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from bot.domain import Agent, ReplyWhen, Room
from bot.domain.findings import finding_title
from bot.domain.memory import LONGEST_LINE, MOST_KEPT, SessionMemory
from bot.domain.privacy import Choices, Chosen, PrivacyChoice, StoredSummary
from bot.domain.rooms import days_after_leaving
from bot.rooms.chat import fixed_texts as texts
from bot.rooms.chat.fixed_texts import FALLBACK, fixed_count, fixed_text
from bot.storage.stores.privacy.forgetting import Erased
from bot.text.moderator_texts import say
from bot.text.numbers import write_number
from cogs.shared.text import literal, shown_name

MOST_MODEL: Final = 80
"""Characters of a model's name."""
MOST_ROOMS: Final = 20
ROWS: Final[Mapping[str, str]] = {
    "acts": texts.STORED_ACTS,
    "guidance": texts.STORED_GUIDANCE,
    "ratings": texts.STORED_RATINGS,
    "feedback": texts.STORED_FEEDBACK,
    "rewards": texts.STORED_REWARDS,
    "rooms": texts.STORED_SEATS,
    "pause_notices": texts.STORED_PAUSES,
    "privacy_choices": texts.STORED_CHOICES,
    "crises": texts.STORED_HELP,
    "memories": texts.STORED_MEMORIES,
}
"""Tables in plain words."""
CHOICES: Final[Mapping[PrivacyChoice, str]] = {
    PrivacyChoice.STORAGE: texts.CHOICE_STORAGE,
    PrivacyChoice.FEEDBACK: texts.CHOICE_FEEDBACK,
    PrivacyChoice.TRAINING: texts.CHOICE_TRAINING,
    PrivacyChoice.MEMORY: texts.CHOICE_MEMORY,
}
CAN_DO: Final[Mapping[str, str]] = {
    "`/privacy export`": texts.HELP_EXPORT,
    "`/privacy choices`": texts.HELP_CHOICES,
    "`/forget`": texts.HELP_FORGET,
}


def render_summary(
    summary: StoredSummary,
    choices: Choices,
    rooms: Sequence[Room],
    models: Mapping[Agent, str],
    remembered: Sequence[SessionMemory] = (),
    addresses: Collection[str] = (),
    language: str = FALLBACK,
) -> str:
    """Return what is stored of a person, where it goes, how long, and what they chose.

    ``addresses`` are those of the endpoints of ``models``, as far as they are known.
    """
    parts = [
        (texts.STORED_TITLE, _stored(summary, language)),
        *([(texts.REMEMBERED_TITLE, _memories(remembered, language))] if remembered else []),
        (texts.WHERE_TITLE, _where(set(models.values()), addresses, language)),
        (texts.KEPT_TITLE, _how_long(rooms, language)),
        (texts.CHOICES_TITLE, _choices(choices, language)),
    ]
    shown = "\n\n".join(
        [
            *(_part(fixed_text(title, language), lines) for title, lines in parts),
            _part(f"**{fixed_text(texts.HELP_TITLE, language)}**", _can_do(language)),
        ]
    )
    return f"{shown}{_links(rooms, language)}"


def render_choices(choices: Choices, language: str = FALLBACK) -> str:
    """Return the choices, each with when and by whom."""
    return _part(fixed_text(texts.CHOICES_TITLE, language), _choices(choices, language))


def how_to_choose(language: str = FALLBACK) -> str:
    """Return how a choice is changed, for whoever looked and changed none."""
    return fixed_text(texts.CHOICES_HOW, language)


def render_erased(erased: Erased, language: str = FALLBACK) -> str:
    """Return what was deleted of a person, and what nobody here can reach."""
    gone = {
        texts.FORGOTTEN_MESSAGES: erased.messages,
        texts.FORGOTTEN_REPLIES: erased.turns,
        texts.FORGOTTEN_OTHERS: erased.others,
        texts.FORGOTTEN_ROWS: erased.rows,
        texts.FORGOTTEN_POSTS: erased.posts,
    }
    lines = [_counted(what, count, language) for what, count in gone.items() if count]
    out_of_reach = fixed_text(texts.FORGOTTEN_OUT_OF_REACH, language)
    if not lines:
        return f"{fixed_text(texts.FORGOTTEN_NOTHING, language)}\n{out_of_reach}"
    title, kept = (
        fixed_text(text, language) for text in (texts.FORGOTTEN_TITLE, texts.FORGOTTEN_KEPT)
    )
    return "\n".join([_part(title, lines), kept, out_of_reach])


def render_about(bot_name: str, rooms: Collection[Room], language: str = FALLBACK) -> str:
    """Return what the bot is, for everybody, in a language."""
    where = ", ".join(_answers_in(room, language) for room in list(rooms)[:MOST_ROOMS])
    text = fixed_text(
        texts.ABOUT,
        language,
        name=shown_name(bot_name),
        where=where or fixed_text(texts.ABOUT_NOWHERE, language),
    )
    return f"{text}{_links(rooms, language)}"


def _part(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"- {line}" for line in lines)])


def _counted(what: str, count: int, language: str) -> str:
    return fixed_text(what, language, count=write_number(count, language))


def _answers_in(room: Room, language: str) -> str:
    place = f"<#{room.id}>"
    if room.settings.reply_when is not ReplyWhen.ALWAYS:
        return place
    return fixed_text(texts.ABOUT_ALWAYS, language, room=place)


def _stored(summary: StoredSummary, language: str) -> list[str]:
    lines = []
    if summary.messages:
        count = write_number(summary.messages, language)
        if summary.first_at:
            day = f"<t:{int(summary.first_at.timestamp())}:D>"
            count = fixed_text(texts.STORED_SINCE, language, count=count, day=day)
        lines.append(fixed_text(texts.STORED_MESSAGES, language, count=count))
        lines.append(_counted(texts.STORED_REPLIES, summary.turns, language))
    rows = summary.rows.items()
    lines.extend(_counted(ROWS.get(name, f"{name}: {{count}}"), n, language) for name, n in rows)
    return lines or [fixed_text(texts.STORED_NOTHING, language)]


def _memories(remembered: Sequence[SessionMemory], language: str) -> list[str]:
    """Return what the Therapist worked on in talks with a person: their own to read and delete."""
    lines = [
        f"<t:{int(one.at.timestamp())}:D>, <#{one.room_id}>: {_remembered(one, language)}"
        for one in remembered[:MOST_KEPT]
    ]
    return [*lines, fixed_text(texts.REMEMBERED_DELETE, language)]


def _remembered(one: SessionMemory, language: str) -> str:
    # Findings have names in the languages that moderators read.
    named = ", ".join(say(finding_title(theme)) for theme in one.themes)
    themes = literal(named or fixed_text(texts.REMEMBERED_OTHER, language), MOST_MODEL)
    if not one.keep_in_mind:
        return themes
    words = literal(one.keep_in_mind, LONGEST_LINE)
    return fixed_text(texts.REMEMBERED_WORDS, language, themes=themes, words=words)


def _where(models: set[str], addresses: Collection[str], language: str) -> list[str]:
    named = ", ".join(f"`{literal(name, MOST_MODEL)}`" for name in sorted(models))
    names = named or fixed_text(texts.WHERE_A_MODEL, language)
    return [
        fixed_text(texts.WHERE_MODELS, language, names=names),
        fixed_text(texts.WHERE_MODERATORS, language),
        fixed_text(texts.WHERE_NOBODY, language),
        _provider(addresses, language),
    ]


def _provider(addresses: Collection[str], language: str) -> str:
    """Return who runs the models, and that what they do there is for them to say."""
    hosts = {urlsplit(address).hostname or "" for address in addresses}
    if hosts and all(map(_is_own_machine, hosts)):
        return fixed_text(texts.WHERE_HERE, language)
    public = sorted(filter(_is_public, hosts))
    named = ", ".join(f"`{literal(host, MOST_MODEL)}`" for host in public)
    if named:
        return fixed_text(texts.WHERE_PROVIDER, language, hosts=named)
    return fixed_text(texts.WHERE_SOMEBODY, language)


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


def _how_long(rooms: Sequence[Room], language: str) -> list[str]:
    lines = [f"<#{room.id}>: {_kept(room, language)}" for room in rooms[:MOST_ROOMS]]
    left = days_after_leaving(rooms)
    if left is not None:
        days = fixed_count(texts.DAYS, left, language)
        lines.append(fixed_text(texts.KEPT_LEFT, language, days=days))
    return [*lines, fixed_text(texts.KEPT_REMOVED, language)]


def _kept(room: Room, language: str) -> str:
    if room.settings.retention_days is None:
        return fixed_text(texts.KEPT_ON, language)
    days = fixed_count(texts.DAYS, room.settings.retention_days, language)
    return fixed_text(texts.KEPT_DAYS, language, days=days)


def _choices(choices: Choices, language: str) -> list[str]:
    return [
        f"{fixed_text(what, language)}: {_chosen(choices[choice], language)}"
        for choice, what in CHOICES.items()
    ]


def _chosen(chosen: Chosen, language: str) -> str:
    answer = fixed_text(texts.CHOSEN_YES if chosen.yes else texts.CHOSEN_NO, language)
    if chosen.at is None:
        return fixed_text(texts.CHOSEN_NOT, language, answer=answer)
    day, person = f"<t:{int(chosen.at.timestamp())}:D>", f"<@{chosen.by_id}>"
    return fixed_text(texts.CHOSEN_BY, language, answer=answer, day=day, person=person)


def _can_do(language: str) -> list[str]:
    commands = [f"{name}: {fixed_text(what, language)}" for name, what in CAN_DO.items()]
    return [*commands, fixed_text(texts.PRIVACY_DELETE, language)]


def _links(rooms: Collection[Room], language: str) -> str:
    links = dict.fromkeys(room.settings.privacy_link for room in rooms)
    own = fixed_text(texts.OWN_PRIVACY_NOTICE, language)
    return "".join(f"\n{own} <{link}>" for link in links if link)
