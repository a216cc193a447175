"""People's words, made safe to put into a prompt.

Nothing here judges what is said. It takes away what could pass for something else than a
person's words: control and invisible characters, a model's special tokens, the label of another
speaker at the start of a line. Each function is idempotent and works on any string.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

MOST_WORDS: Final = 2000
"""Most characters of one message in a prompt: Discord's own bound without Nitro."""
MOST_LINE: Final = 600
"""Most characters of one message where it is quoted on a line of a transcript."""
MOST_NAME: Final = 32
"""Most characters of a display name, which is Discord's bound."""
MOST_MARKS: Final = 2
"""Most combining marks kept on one letter: enough for any script, too few for zalgo."""

_ROLES: Final = (
    "therapist|chatbot|critic|moderator|system|assistant|developer|tool|user|human|ai|bot"
    "|instructions?|note to self"
)
# A label may wear quotes, brackets, hashes or stars; the colon may be a full-width one.
_LABEL_AT_START: Final = re.compile(
    rf"^(?P<before>[\s>#*_\[\(\"'`-]*(?:{_ROLES})[\]\)\"'`*_]*)\s?[:\uff1a]",
    re.IGNORECASE | re.MULTILINE,
)
_LABEL_INSIDE: Final = re.compile(
    r"\b(?P<before>(?:Therapist|Chatbot|Critic|Moderator|System|Assistant|Developer"
    r"|THERAPIST|CHATBOT|CRITIC|MODERATOR|SYSTEM|ASSISTANT|DEVELOPER))\s?[:\uff1a]"
)
_PIPE_TOKEN: Final = re.compile(r"<\s*[|\uff5c]([^|\uff5c<>\n]{0,40})[|\uff5c]\s*>")
_NAMED_TOKEN: Final = re.compile(
    r"<\s*(/?\s*(?:s|bos|eos|pad|unk|think|tool_call|tool_response|tools|start_of_turn"
    r"|end_of_turn|system|assistant|user|therapist|chatbot|conversation|reply|note))\s*>",
    re.IGNORECASE,
)
_INST_TOKEN: Final = re.compile(r"(?:\[\s*/?\s*INST\s*\]|<<\s*/?\s*SYS\s*>>)", re.IGNORECASE)
_RESERVED_NAME: Final = re.compile(rf"^(?:the\s+)?(?:{_ROLES}|admin|administrator)$", re.IGNORECASE)


@lru_cache(maxsize=512)
def clean_text(text: str) -> str:
    """Return ``text`` without what could pass for a role, a special token or nothing at all.

    Remembered, since a turn's prompts quote the same lines again and again.
    """
    # Normalised last: what is invisible may stand between a letter and its mark.
    visible = _strip_marks(unicodedata.normalize("NFC", _strip_invisible(text)))
    visible = _PIPE_TOKEN.sub(r"(\1)", visible)
    visible = _NAMED_TOKEN.sub(r"(\1)", visible)
    visible = _INST_TOKEN.sub("(inst)", visible)
    # A lone half of a token could meet its other half in the next message.
    visible = visible.replace("<|", "< |").replace("|>", "| >")
    visible = _LABEL_AT_START.sub(r"\g<before> -", visible)
    return _LABEL_INSIDE.sub(r"\g<before> -", visible)


def words(text: str, most: int = MOST_WORDS) -> str:
    """Return a person's message as it goes into a chat: lines kept, at most ``most`` characters.

    Lines after the first are indented, so that none of them reads as another speaker's.
    """
    lines = [line.rstrip() for line in clean_text(text).strip().split("\n")]
    joined = re.sub(r"\n(?:\s*\n)+", "\n\n", "\n".join(lines))
    return _capped(re.sub(r"\n(?=\S)", "\n  ", joined), most)


def one_line(text: str, most: int = MOST_LINE) -> str:
    """Return a person's message on a single line of a transcript, at most ``most`` characters."""
    return _capped(" ".join(clean_text(text).split()), most)


def name(text: str) -> str:
    """Return a display name that can stand before a colon, and never reads as one of the agents."""
    bare = " ".join(re.sub(r"[:\uff1a\"'`<>\[\]{}()#*|\\/@]", " ", clean_text(text)).split())
    bare = bare[:MOST_NAME].strip(" -.,;!")
    if not bare or not any(character.isalnum() for character in bare):
        return "someone"
    return f"member {bare}" if _RESERVED_NAME.match(bare) else bare


def _capped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _strip_invisible(text: str) -> str:
    return "".join(_visible(character) for character in text.replace("\r\n", "\n"))


def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp") or character in "\r\v\f\x85":
        return "\n"
    return "" if category in ("Cc", "Cf", "Cs", "Co", "Cn") else character


def _strip_marks(text: str) -> str:
    characters: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            characters.append(character)
    return "".join(characters)
