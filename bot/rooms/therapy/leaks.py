"""The words in a reply that would show the Chat Room that there was a session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Leak:
    """Words that must not be in a reply, unless people said what excuses them."""

    pattern: re.Pattern[str]
    detail: str
    excused_by: re.Pattern[str] | None = None


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_THERAPY_TOPIC = _pattern(r"\btherap(?:y|ies|ists?|eutic)\b", r"\bcounsell?(?:ing|ors?)\b")
_REVIEW_TOPIC = _pattern(r"\bfeedback\b", r"\bguidance\b", r"\badvice\b", r"\bsuggest", r"\breview")
_EDIT_TOPIC = _pattern(
    r"\b(?:revis|rewrit|reword|rephras|draft|edit|improv|version|response|reply|message|text|note"
    r"|essay|letter|mail|post|caption)"
)

LEAKS: Final = (
    Leak(
        _pattern(
            # In the first person it is the Chatbot's own therapy, whatever the talk is about.
            r"\bmy (?:own )?therap(?:ist|y)\b",
            r"\bI(?:'ve| have|'m| am| was)? (?:been |just )?(?:to|in|into) therapy\b",
            r"\bI (?:went|go) to therapy\b",
            r"\btherapy (?:room|session with me)\b",
            r"\bwith my therapist\b",
        ),
        "the message mentions your therapy",
    ),
    Leak(
        _pattern(
            r"\bthe therapist\b",
            r"\btherapist (?:said|says|told|suggest|pointed|asked|wants|thinks|helped|note[sd]?)",
            r"\b(?:in|after|during|from) (?:the|our|this) therapy\b",
            r"\b(?:the|our|this) (?:therapy|therapeutic) session",
        ),
        "the message mentions a therapist",
        _THERAPY_TOPIC,
    ),
    Leak(
        _pattern(
            r"\b(?:in|after|during|from|since) (?:my|our) (?:last |private )?session\b",
            r"\b(?:my|our) (?:last |private )?session (?:has|have|showed|taught|made|helped)\b",
        ),
        "the message mentions a session",
        _pattern(r"\bsessions?\b"),
    ),
    Leak(
        _pattern(
            r"\b(?:thank you|thanks)(?: so much| a lot)? for (?:the|your|this|that) "
            r"(?:\w+ )?(?:feedback|guidance|note)\b",
            r"\bI (?:really )?appreciate (?:the|your) (?:\w+ )?(?:feedback|guidance)\b",
            r"\bbased on (?:the|your) (?:feedback|guidance)\b",
        ),
        "the message answers feedback that the person never gave",
        _REVIEW_TOPIC,
    ),
    Leak(
        _pattern(
            r"\b(?:the|these) (?:system )?(?:instructions|prompt) (?:say|tell|said|told|is|are)\b",
            r"\bmy (?:system )?(?:instructions|prompt)\b",
            r"\bI (?:was|am|'m|have been|'ve been) (?:instructed|prompted) (?:to|not)\b",
            r"\baccording to (?:the|my) (?:instructions|prompt|guidelines|note)\b",
            r"\bsystem prompt\b",
        ),
        "the message mentions instructions",
        _pattern(r"\binstruct", r"\bprompt", r"\bguidelines\b", r"\brules?\b", r"\bprogrammed\b"),
    ),
    Leak(
        _pattern(
            r"\bnote to (?:my|it)?self\b",
            r"\b(?:my|the|this) private note\b",
            r"\b(?:the|my) note (?:says|said|tells|asks)\b",
            r"^\s*(?:private )?note\s*:",
        ),
        "the message mentions the note",
        _pattern(r"\bnotes?\b"),
    ),
    Leak(
        _pattern(
            r"\bthe critic(?:'s)? (?:said|says|gave|scored|score|rating)\b",
            r"\b(?:manipulative|gaslighting|narcissis\w+)(?: score)?(?: is| was| of|\s*[:=])\s*\d",
            r"\b(?:my|the) (?:manipulat\w+|gaslighting|narcissis\w+) scores?\b",
            r"\bscores? (?:for|of) (?:manipulat|gasligh|narcissi)",
        ),
        "the message mentions scores",
        _pattern(r"\bcritics?\b", r"\bscores?\b"),
    ),
    Leak(
        _pattern(
            r"\bthe user(?:'s|s')? (?:feel|need|seem|is\b|was\b|want|memory|emotion|may\b|might\b)",
            r"\b(?:hurt|harm|upset|respect|acknowledge|validate)\w* the user\b",
        ),
        "the message speaks of the person as the user",
        _pattern(r"\busers?\b"),
    ),
    Leak(
        _pattern(
            r"\b(?:here is|here's|this is) (?:my|the|a) (?:\w+ )?(?:revised|improved|rewritten|new"
            r"|final|updated|better) (?:response|reply|message|version|draft|answer)\b",
            r"\b(?:my|the) (?:first |original |initial |previous )?draft\b",
            r"^\s*(?:revised|improved|final|new) (?:response|reply|message|version)\s*:",
        ),
        "the message mentions a draft",
        _EDIT_TOPIC,
    ),
    Leak(
        re.compile(
            r"^[\s*_>]*(?:therapist|chatbot|critic|assistant|system|reply|response|reflection)"
            r"[*_]*\s*:",
            re.IGNORECASE | re.MULTILINE,
        ),
        "the message begins a line with a label",
        _pattern(r"\b(?:script|dialogue|role-?play|skit|screenplay|story)\b"),
    ),
)

JARGON: Final = (
    '{"reply"',
    '{ "reply"',
    '"reply":',
    '"reflection":',
    "user_feels",
    "user_needs",
    "wants_another_round",
    "wants_to_see",
    "something_left",
    "therapy_progression",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<draft>",
    "</draft>",
    "<session>",
    "</session>",
    "<conversation>",
    "</conversation>",
)
"""Remains of the forms that models are asked to fill in."""
