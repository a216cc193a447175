"""Several turns of a room on one page, as for a report to others; names can be left out.

The page is one HTML file without scripts or anything from elsewhere, as that of a session is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.moderation_acts import HandReviewDetails, HandSeatDetails
from bot.reports.page_template import render_page
from bot.reports.session_record import SessionRecord
from bot.storage.database.data_classes import NOBODY
from bot.text import prompt_safety
from bot.text.moderator_texts import say
from bot.text.prompt_safety import NAMELESS

TEMPLATE: Final = Path(__file__).parent / "incident.html"
MOST_TURNS: Final = 50
"""Turns of a page: what people read in one go, and a file that Discord takes."""
SHORT_NAME: Final = 3
"""Characters of names that are words of a language too, in small letters."""
_MENTION: Final = re.compile(r"<@[!&]?[0-9]+>")

Blank = Callable[[str | None], str]
"""Returns a text as the page shows it."""


@dataclass(frozen=True, slots=True)
class Incident:
    """The turns of an incident, oldest first."""

    room_name: str
    records: Sequence[SessionRecord]

    @property
    def first(self) -> int:
        """Return the number of its first reply."""
        return self.records[0].turn.number

    @property
    def last(self) -> int:
        """Return the number of its last reply."""
        return self.records[-1].turn.number


def incident_page(incident: Incident, *, blank_names: bool) -> str:
    """Return the page. With ``blank_names`` people are *Person 1*, *Moderator 1* and so on.

    Their names are replaced in all texts too; what else may give somebody away is not.
    """
    blank = _blanker(incident.records) if blank_names else _as_it_is
    return render_page(TEMPLATE, incident=incident, blank=blank, blanked=blank_names)


def _as_it_is(text: str | None) -> str:
    return text or ""


def _blanker(records: Sequence[SessionRecord]) -> Blank:
    """Return the function that puts another name in the place of each."""
    aliases = dict(_aliases(say("Person {number}"), _people(records)))
    moderators = [name for name in _moderators(records) if name not in aliases]
    aliases.update(_aliases(say("Moderator {number}"), moderators))
    for name in [*aliases]:  # as the models were shown it, and speak of it in turn
        if (shown := prompt_safety.name(name)) != NAMELESS:
            aliases.setdefault(shown, aliases[name])
    folded = {name.casefold(): alias for name, alias in aliases.items()}
    longest_first = sorted(aliases, key=len, reverse=True)
    # All of them at once: an alias must not be taken for somebody's name in turn.
    names = re.compile("|".join(map(_pattern, longest_first)) or r"(?!)")

    def alias_of(match: re.Match[str]) -> str:
        name = match[0].removeprefix("@")
        return aliases.get(name) or folded[name.casefold()]

    def blank(text: str | None) -> str:
        if text in aliases:
            return aliases[text]
        return names.sub(alias_of, _MENTION.sub(say("@someone"), text or ""))

    return blank


def _pattern(name: str) -> str:
    """Return the pattern of a name as a word; a short one, such as "Al", as it is spelled."""
    case = "(?i:" if len(name) > SHORT_NAME else "(?:"
    return rf"(?<!\w){case}@?{re.escape(name)})(?!\w)"


def _aliases(alias: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    numbered = enumerate(dict.fromkeys(names), 1)
    return ((name, alias.replace("{number}", str(number))) for number, name in numbered)


def _people(records: Sequence[SessionRecord]) -> Iterator[str]:
    for record in records:
        lines = (*record.conversation.asked, *record.conversation.lines)
        for line in (one for shown in lines for one in (shown, *shown.replied_to)):
            if not line.by_chatbot:
                yield line.speaker
        yield from (one.by.name for one in record.feedback if one.by.id > NOBODY)


def _moderators(records: Sequence[SessionRecord]) -> Iterator[str]:
    for record in records:
        for act in record.acts:
            yield act.by.name
            if isinstance(act.details, HandReviewDetails | HandSeatDetails):
                yield act.details.to
        yield from (rating.by.name for rating in record.ratings)
