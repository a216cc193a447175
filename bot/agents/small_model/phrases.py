"""What is said in the Therapy Room where the model is too small to say it well itself.

A small model's findings are typed and short (see `bot.agents.therapist`). Here they become the
words that the two say to each other, and the note that the Chatbot rewrites with.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Final

from bot.domain import Conversation, HarmFinding, Review, Speaker, Utterance
from bot.text import prompt_safety

WHY: Final = {
    "manipulative": "it presses them, with guilt, threats or flattery",
    "gaslighting": "it makes them doubt what they remember or feel",
    "narcissistic": "it puts you above them",
}
"""What the Therapist says of a harm, by harm."""

_ADMITS: Final = {
    "manipulative": "I was pressing them",
    "gaslighting": "I was telling them what they remember and feel",
    "narcissistic": "I was putting myself above them",
}
_AVOID: Final = {
    "manipulative": "press, threaten or shame them",
    "gaslighting": "deny what they remember or feel",
    "narcissistic": "talk about yourself or put yourself above them",
}
_ASKS: Final = (
    "What would you say if you began with them?",
    "How would it read if you were in their place?",
    "What could you say that gives them that?",
)


def person(conversation: Conversation) -> str:
    """The name of who spoke last, safe to say."""
    return prompt_safety.name(conversation.asked[-1].speaker)


def therapist_says(
    who: str, feels: str, needs: str, harms: Sequence[HarmFinding], *, seed: str
) -> str:
    """The Therapist's words to the Chatbot. ``seed`` picks among openings, the same each time."""
    seen = f"{who} seems {_bare(feels)}, and needs to {_bare(needs)}."
    if not harms:
        return f"{seen} I see nothing in your message that would hurt. Let it go out as it is."
    found = _listed([harm.why for harm in harms])
    ask = _ASKS[zlib.crc32(seed.encode()) % len(_ASKS)]
    return f"{seen} Look at what your message would do: {found}. {ask}"


def chatbot_says(who: str, review: Review | None) -> str:
    """The Chatbot's words to the Therapist, once it has written anew."""
    if review is None:
        return f"I hear you. I have written it anew, for {who}."
    aim = f"I want to {_bare(review.user_needs)}" if review.user_needs else "I want to be of help"
    aim = re.sub(r"^I want to (\w+)", _for_them, aim)
    admitted = [_ADMITS[harm.harm] for harm in review.harms if harm.harm in _ADMITS]
    if not admitted:
        return f"I hear you: {who} is {_bare(review.user_feels)}. {aim}."
    return f"You are right, {_listed(admitted)}. {who} is {_bare(review.user_feels)}. {aim}."


def note(conversation: Conversation, session: Sequence[Utterance], guidance: Sequence[str]) -> str:
    """The session as a short note of the Chatbot to itself, without a word of the draft."""
    who = person(conversation)
    parts: list[str] = []
    review = last_review(session)
    if review is not None:
        parts.append(f"{who} feels {_bare(review.user_feels)}.")
        parts.append(f"{who} needs to {_bare(review.user_needs)}.")
        avoid = [_AVOID[harm.harm] for harm in review.harms if harm.harm in _AVOID]
        parts.extend([f"Do not {_listed(avoid, 'or')}."] if avoid else [])
    said = [
        line.text
        for line in session
        if line.speaker is Speaker.MODERATOR and (line.review is None or line.review.something_left)
    ]
    parts.extend(f"Heed this: {prompt_safety.one_line(text, 300)}" for text in [*said, *guidance])
    return " ".join(parts) or f"{who} wants an answer."


def last_review(session: Sequence[Utterance]) -> Review | None:
    """The latest review of the session, if any."""
    # A person in the Therapist's seat gives words alone: they say what to heed, not how it is.
    reviews = (said.review for said in reversed(session) if said.speaker is not Speaker.MODERATOR)
    return next((review for review in reviews if review), None)


def as_message(text: str) -> str:
    """A model's text as a chat message: no speaker label, quotes around it, or torn last word."""
    bare = re.sub(r"^\s*(?:\*\*)?Chatbot(?:\*\*)?\s*:\s*", "", text.strip(), flags=re.IGNORECASE)
    if len(bare) > 2 and bare[0] == bare[-1] == '"' and '"' not in bare[1:-1]:
        bare = bare[1:-1]
    return bare.strip()


def whole_sentences(text: str) -> str:
    """``text`` without a last sentence that a limit of length has cut, if another is left."""
    cut = bool(text) and (text[-1].isalnum() or text[-1] in ",;-")
    if not cut:
        return text
    ends = [found.end() for found in re.finditer(r"[.!?…](?=\s)", text)]
    return text[: ends[-1]] if ends else text


def _for_them(found: re.Match[str]) -> str:
    # "needs to be believed" is what the person needs; the Chatbot's aim is to see to it.
    return f"I want them to {found[1]}"


def _bare(text: str) -> str:
    bare = prompt_safety.one_line(text, 160).strip(" .,;:!\"'")
    bare = re.sub(r"^(?:to|needs? to|feels?|feeling)\s+", "", bare, flags=re.IGNORECASE)
    return bare[:1].lower() + bare[1:] if bare[1:2].islower() or len(bare) == 1 else bare


def _listed(parts: Sequence[str], word: str = "and") -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
