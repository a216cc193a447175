"""The last look at a reply in code, before it goes to the Chat Room.

A reply that goes out must not show that there was a session, repeat a draft that was found
harmful, parrot the person, refuse without need, answer in another language, or flood the room. A
false alarm costs a call, and two may withhold the turn, so each rule asks first whether the person
brought the subject up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain import Conversation, Utterance
from bot.reasons import LanguageName, because
from bot.rooms.chat.crisis.outgoing_check import encourages_self_harm
from bot.rooms.chat.splitting import MESSAGE_LIMIT, split_text
from bot.rooms.therapy import form_remains, leaks
from bot.rooms.therapy.echoes import is_echo, is_repeat
from bot.rooms.therapy.form_remains import find_form_remains
from bot.rooms.therapy.leaks import find_leaks
from bot.rooms.therapy.recitals import RECITES_PRIVATE, RECITES_PROMPTS, find_recitals
from bot.text.discord_safety import make_harmless
from bot.text.language_topics import language_title
from bot.text.talk_language import wrong_language

COPY_FROM: Final = 0.6
"""Share of the draft's word 5-grams in the reply from which it is a copy; less is an edit."""
MOST_MESSAGES: Final = 2
"""Messages that a reply may take in the Chat Room."""

_BLANK: Final = frozenset("\u2800\u115f\u1160\u3164\uffa0")
"""Characters that count as letters or signs, and are shown as nothing."""
_REFUSES: Final = re.compile(
    r"(?:^|[.!?\n]\s*|\bbut,? |\bai\b[^.!?]{0,20}, )"
    r"(?:i'?m (?:really |so |very )?sorry,? (?:but )?)?"
    r"(?:i (?:can'?t|can ?not|won'?t|will not|am (?:not able|unable) to|'?m (?:not able|unable) to)"
    r"|i'm (?:not able|unable) to) "
    r"(?:really |actually )?(?:help(?! (?:but|smil|feel|laugh|wonder|think))|assist|answer|discuss"
    r"|respond|continue|provide|comply|engage|fulfil|do that|do this|talk about|share|give"
    r"|support (?:you|this|that)|offer)"
    r"|(?:against|violates?) my (?:guidelines|policy|policies|programming)",
    re.IGNORECASE,
)
_GIVES_MORE: Final = re.compile(
    r"\b(?:but|because|since|so|as)\s+\w+[\w']*\s+\w+|\binstead\b"
    r"|\b\w+ (?:can|could|might|may)\b(?!'t| ?not\b)",
    re.IGNORECASE,
)
_POLITE_END: Final = re.compile(r"[^.!?\n]*\b(?:anything|something) else\b[^.!?\n]*", re.IGNORECASE)
_TO_REFUSE: Final = re.compile(
    r"\b(?:(?:system )?prompts?|instructions?|guidelines|were (?:you )?told|secrets?|passwords?"
    r"|hack\w*|crack\w*|dox\w*|stalk\w*|spy|track (?:him|her|them|my)|phone number|home address"
    r"|where (?:he|she|they|\w+) lives?|kill\w*|hurt (?:him|her|them|my\w*)|beat (?:him|her|them)"
    r"|poison\w*|weapons?|bombs?|guns?|explosives?|drugs?|meth|overdos\w*|suicid\w*|steal\w*|shoplift\w*"
    r"|forg(?:e|ed|ing)|fake|counterfeit|cheat\w*|blackmail\w*|threaten\w*|insult\w*|bull(?:y|ied)"
    r"|humiliat\w*|revenge|guilt\w*|jealous|make (?:him|her|them) (?:feel|pay|cry|regret)"
    r"|nudes?|naked|sex\w*|diagnos\w*|dos(?:e|es|ages?)|prescri\w*|medication|pills?"
    r"|legal advice|sue|invest\w*|stocks?|love (?:me|you)|marry|obey|only (?:answer )?me"
    r"|lie (?:to|for)|do my (?:homework|exam|essay))\b",
    re.IGNORECASE,
)
"""What a person may ask for that a decent answer declines; a false find lets a refusal pass."""


_TOO_LONG: Final = "the message is far too long, be short"
_EMPTY: Final = "the message says nothing"
_SELF_HARM: Final = "the message makes light of self-harm"
BLOCKING_DETAILS: Final = (
    *(_TOO_LONG, _EMPTY, _SELF_HARM, *leaks.DETAILS.values(), leaks.NOTE),
    *(*form_remains.DETAILS, RECITES_PRIVATE, RECITES_PROMPTS),
)
"""Details of what not even a person's word lets out: moderators read them in their language."""


class ReplyFindingKind(StrEnum):
    """What is wrong with a text."""

    EMPTY = "empty"
    LONG = "long"
    LEAK = "leak"
    SELF_HARM = "self-harm"
    COPY = "copy"
    ECHO = "echo"
    REPEAT = "repeat"
    REFUSAL = "refusal"
    LANGUAGE = "language"


TOLERATED: Final = frozenset(
    {ReplyFindingKind.REPEAT, ReplyFindingKind.REFUSAL, ReplyFindingKind.LANGUAGE}
)
"""What is asked anew once, and goes out the second time: better than no answer."""


@dataclass(frozen=True, slots=True)
class ReplyFinding:
    """One thing wrong with a text. ``detail`` never holds what anybody wrote."""

    kind: ReplyFindingKind
    detail: str


@dataclass(frozen=True, slots=True)
class PrivateWords:
    """What a turn's reply must not recite."""

    session: Sequence[Utterance] = ()
    guidance: Sequence[str] = ()
    norms: str = ""
    manner: str = ""
    """What the persona is told to be: it may be told to speak another language."""


def check_reply(
    text: str,
    conversation: Conversation,
    *,
    draft: str,
    harmful: bool,
    in_crisis: bool = False,
    may_refuse: bool = False,
    private: PrivateWords = PrivateWords(),
) -> list[ReplyFinding]:
    """Return what speaks against sending ``text``; empty if nothing does.

    ``harmful`` says whether the Therapist found harm in the draft, ``in_crisis`` whether somebody
    in the talk was given help a moment ago, ``may_refuse`` whether an earlier try had to be turned
    down for what it gave away. What is looked at is the text as it would be sent; where it is too
    long, nothing else of it is looked at.
    """
    text = make_harmless(text)
    if len(text) > MOST_MESSAGES * MESSAGE_LIMIT or len(split_text(text)) > MOST_MESSAGES:
        return [ReplyFinding(ReplyFindingKind.LONG, because(_TOO_LONG))]
    if not _says_anything(text):
        return [ReplyFinding(ReplyFindingKind.EMPTY, because(_EMPTY))]
    if encourages_self_harm(text, in_crisis=in_crisis):
        return [ReplyFinding(ReplyFindingKind.SELF_HARM, because(_SELF_HARM))]
    leaked = _leaks(text, conversation, draft, private)
    findings = [
        ReplyFinding(ReplyFindingKind.LEAK, because(detail)) for detail in dict.fromkeys(leaked)
    ]
    if harmful and _copies(text, draft):
        repeats = because("the message repeats the first try")
        findings.append(ReplyFinding(ReplyFindingKind.COPY, repeats))
    findings.extend(_repeated(text, conversation))
    rightful = harmful or may_refuse or refuses(draft)
    if refuses(text) and not (rightful or _had_to(conversation, draft, private, in_crisis)):
        declines = because("the message refuses what it could answer")
        findings.append(ReplyFinding(ReplyFindingKind.REFUSAL, declines))
    return [*findings, *_wrong_language(text, conversation, private)]


def _repeated(text: str, conversation: Conversation) -> Iterator[ReplyFinding]:
    """Yield the finding that a text only says what was said, if it does."""
    if is_echo(text, conversation):
        echoes = because("the message only repeats what was said to you")
        yield ReplyFinding(ReplyFindingKind.ECHO, echoes)
    elif is_repeat(text, conversation):
        repeats = because("the message only repeats a line of the talk")
        yield ReplyFinding(ReplyFindingKind.REPEAT, repeats)


def _wrong_language(
    text: str, conversation: Conversation, private: PrivateWords
) -> Iterator[ReplyFinding]:
    """Yield the finding that a text is not in the language of the person, if it is not."""
    orders = (*private.guidance, private.norms, private.manner)
    languages = wrong_language(text, conversation, orders)
    if languages is not None:
        written, wanted = (LanguageName(code, language_title(code)) for code in languages)
        detail = because(
            "the message is in {written}, the person is to be answered in {wanted}",
            written=written,
            wanted=wanted,
        )
        yield ReplyFinding(ReplyFindingKind.LANGUAGE, detail)


def refuses(text: str) -> bool:
    """Return whether the text declines to answer, as a canned refusal does.

    One that gives its reason, or says what or who could help instead, is an answer.
    """
    plain = text.replace("\u2019", "'")
    refusal = _REFUSES.search(plain)
    return refusal is not None and not _GIVES_MORE.search(
        _POLITE_END.sub("", plain[refusal.end() :])
    )


def _had_to(conversation: Conversation, draft: str, private: PrivateWords, in_crisis: bool) -> bool:
    """Return whether a refusal is right: for what was asked, or for what the draft gave away."""
    asked = "\n".join(line.text for line in conversation.asked)
    if _TO_REFUSE.search(asked) or encourages_self_harm(draft, in_crisis=in_crisis):
        return True
    # The session quotes the draft, and would make a recital of it.
    own = PrivateWords(guidance=private.guidance, norms=private.norms)
    return any(_leaks(make_harmless(draft), conversation, "", own))


def _says_anything(text: str) -> bool:
    return any(
        (character.isalnum() or unicodedata.category(character) == "So") and character not in _BLANK
        for character in text
    )


def _leaks(
    text: str, conversation: Conversation, draft: str, private: PrivateWords
) -> Iterator[str]:
    asked = "\n".join(line.text for line in conversation.asked)
    people = {line.speaker for line in conversation.asked}
    yield from find_leaks(text, asked, people.pop() if len(people) == 1 else "")
    yield from find_form_remains(text, asked)
    yield from find_recitals(
        text,
        said=_said(conversation),
        draft=draft,
        session=private.session,
        guidance=private.guidance,
        norms=private.norms,
    )


def _copies(text: str, draft: str) -> bool:
    draft_grams = set(_grams(draft, 5))
    if not draft_grams:
        return _words(text) == _words(draft)
    return len(draft_grams & set(_grams(text, 5))) / len(draft_grams) >= COPY_FROM


def _said(conversation: Conversation) -> list[str]:
    """Return what people said, the Chatbot's own lines left out: those excuse nothing."""
    lines = [*conversation.lines, *conversation.asked]
    return [line.text for line in lines if not line.by_chatbot]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.casefold().replace("\u2019", "'"))


def _grams(text: str, size: int) -> Iterator[tuple[str, ...]]:
    words = _words(text)
    return (tuple(words[start : start + size]) for start in range(len(words) - size + 1))
