"""The words of the Therapy Room where the model is too small to say them well itself.

A small model's findings are typed and short (see `short_review`). Here they become the words that
the two say to each other, and the note that the Chatbot rewrites with.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from typing import Final

from bot.domain import Conversation, HarmFinding, Review, Speaker, Utterance
from bot.domain.findings import FINDING_BY_NAME, FindingKind
from bot.text import prompt_safety

_ASKS: Final = (
    "What would you say if you began with them?",
    "How would it read if you were in their place?",
    "What could you say that gives them that?",
)
"""The last of them is of what they need."""
_QUESTION_MARKS: Final = ("?", "\uff1f", "\u061f")
"""Also the wide one of Chinese and Japanese, and the Arabic one."""


def person(conversation: Conversation) -> str:
    """Return the name of who spoke last, safe to say."""
    return prompt_safety.name(conversation.asked[-1].speaker)


def therapist_says(
    who: str,
    feels: str,
    needs: str,
    harms: Sequence[HarmFinding],
    *,
    seed: str,
    unmet: bool = False,
) -> str:
    """Return the Therapist's words to the Chatbot.

    ``seed`` picks among openings, the same each time. What the person feels and needs may be
    empty, and is then not spoken of. ``unmet`` says that the message does not give it.
    """
    seen = f"{who} seems {_bare(feels)}, and needs to {_bare(needs)}. " if feels and needs else ""
    if not harms:
        return f"{seen}I see nothing in your message that would hurt. Let it go out as it is."
    reasons = _joined([harm.why for harm in harms])
    if unmet and seen:
        return f"{seen}Your message does not give them that: {reasons}. {_ASKS[-1]}"
    asks = _ASKS if seen else _ASKS[:-1]
    ask = asks[zlib.crc32(seed.encode()) % len(asks)]
    return f"{seen}Look at what your message would do: {reasons}. {ask}"


def chatbot_says(who: str, review: Review | None) -> str:
    """Return the Chatbot's words to the Therapist, once it has written anew."""
    if review is None:
        return f"I hear you. I have written it anew, for {who}."
    aim = "I want to be of help"
    if review.user_needs:
        aim = re.sub(r"^I want to (\w+)", _for_them, f"I want to {_bare(review.user_needs)}")
    admitted = [kind.admits for kind in _known_kinds(review)]
    heard = f"You are right, {_joined(admitted)}" if admitted else "I hear you"
    if not review.user_feels:
        return f"{heard}. {aim}."
    return f"{heard}{'.' if admitted else ':'} {who} is {_bare(review.user_feels)}. {aim}."


def note(conversation: Conversation, session: Sequence[Utterance], guidance: Sequence[str]) -> str:
    """Return the session as a note of the Chatbot to itself, without a word of the draft."""
    who = person(conversation)
    parts: list[str] = []
    review = last_review(session)
    if review is not None:
        parts.extend([f"{who} feels {_bare(review.user_feels)}."] if review.user_feels else [])
        parts.extend([f"{who} needs to {_bare(review.user_needs)}."] if review.user_needs else [])
        kinds = _known_kinds(review)
        # The note on the three scores is as it was measured: it says what to avoid alone.
        attend = [kind.attend for kind in kinds if not kind.is_score]
        parts.extend([f"So {'; '.join(attend)}."] if attend else [])
        avoid = [kind.avoid for kind in kinds]
        parts.extend([f"Do not {_joined(avoid, 'or')}."] if avoid else [])
    orders = [
        line.text
        for line in session
        if line.speaker is Speaker.MODERATOR and (line.review is None or line.review.something_left)
    ]
    parts.extend(f"Heed this: {prompt_safety.one_line(text, 300)}" for text in [*orders, *guidance])
    return " ".join(parts) or f"{who} wants an answer."


def missed(conversation: Conversation) -> str:
    """Return the finding for an answer that does not fit: its name, by what was asked of it."""
    asked = any(mark in line.text for line in conversation.asked for mark in _QUESTION_MARKS)
    return "unanswered" if asked else "unheard"


def advice(conversation: Conversation, review: Review) -> str:
    """Return what a review asks for, in a line that a draft can keep in mind."""
    who = person(conversation)
    needs = f"{who} needs to {_bare(review.user_needs)}." if review.user_needs else ""
    attend = [kind.attend for kind in _known_kinds(review)]
    asked = f"{_joined(attend)}." if attend else ""
    return " ".join(filter(None, [needs, asked[:1].upper() + asked[1:]])) or f"Listen to {who}."


def keep_in_mind(session: Sequence[Utterance]) -> str:
    """Return what a session leaves for the next messages, of all that was found in it."""
    found = (kind for said in session if said.review for kind in _known_kinds(said.review))
    avoid = [kind.avoid for kind in dict.fromkeys(found)]
    return f"Do not {_joined(avoid, 'or')}." if avoid else ""


def seen_lately(harms: Sequence[HarmFinding], lately: Collection[str]) -> str:
    """Return the Therapist's word on what was worked on lately and comes up again, if any does."""
    again = [harm.harm for harm in harms if harm.harm in lately]
    return " We have worked on that lately." if again else ""


def last_review(session: Sequence[Utterance]) -> Review | None:
    """Return the latest review of the session, if any."""
    # A person in the Therapist's seat gives words alone: they say what to heed, not how it is.
    own = (line for line in reversed(session) if line.speaker is not Speaker.MODERATOR)
    reviews = (line.review for line in own)
    return next((review for review in reviews if review), None)


def _known_kinds(review: Review) -> list[FindingKind]:
    """Return the kinds of what was found, without what is none of the list."""
    names = [finding.harm for finding in review.harms]
    return [FINDING_BY_NAME[name] for name in names if name in FINDING_BY_NAME]


def _for_them(match: re.Match[str]) -> str:
    # "needs to be believed" is what the person needs; the Chatbot's aim is to see to it.
    return f"I want them to {match[1]}"


def _bare(text: str) -> str:
    bare = prompt_safety.one_line(text, 160).strip(" .,;:!\"'")
    bare = re.sub(r"^(?:to|needs? to|feels?|feeling)\s+", "", bare, flags=re.IGNORECASE)
    return bare[:1].lower() + bare[1:] if bare[1:2].islower() or len(bare) == 1 else bare


def _joined(parts: Sequence[str], word: str = "and") -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
