"""What Discord makes of a text, taken away where it would harm. No I/O, and no Discord.

Shown text must not ping, jump, invite, link under a false name, or hide what it says. Code keeps
its looks: what is put into a text here cannot be seen, and stands only where markup would be.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from bot.text.piled_marks import without_piled_marks

BREAK: Final = "\u200b"
"""A zero-width space: takes the meaning from Discord's markup and leaves the letters."""
MOST_MARKS: Final = 4
"""Most accents shown on one letter: more than any spelling needs, fewer than zalgo's."""
LONGEST: Final = 32_000
"""Characters from which a text is cut; nothing that is shown is as long."""
CUT_TO: Final = LONGEST // 4
"""Characters kept of such a text: few, so that what is put in cannot make it as long again."""

JOINERS: Final = "\u200c\u200d"  # some scripts and many emoji are spelled with them
_PLAIN: Final = re.compile(r"[ -~\n\t]*")
"""ASCII that can be seen: a turn shows some thirty texts, and most are such."""
_EMOJI: Final = re.compile(r"<a?(:\w{1,32}:)\d{15,20}>")
_COMMAND: Final = re.compile(r"<(/[^:<>]{1,100}):\d{15,20}>")
_MARKUP: Final = re.compile(r"<(?=@[!&]?\d|#\d|/[^<>:]{1,100}:\d|id:)")
_EVERYONE: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
# Whether something is code is not asked: a bracket or a star before it can make it text again.
_MASKED: Final = re.compile(
    r"\](?=\(\s*<?\s*(?:[a-z][a-z0-9+.-]{1,30}\\?:\S|//|www\.))", re.IGNORECASE
)
_INVITE: Final = re.compile(r"(?<=discord)(?=(?:app)?\.(?:gg|com/+invite)/)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>\u200b]{8,2000}")
_DOT: Final = re.compile(r"[.\u3002\uff0e\uff61\u2024]|%2e", re.IGNORECASE)
_INVITES: Final = re.compile(
    r"discord(?:app)?\.(?:gg\.?(?::\d*)?[/\\]|com\.?(?::\d*)?[/\\](?:\S*[/\\])?invite[/\\])"
)


def readable_text(text: str) -> str:
    """Return ``text`` without invisible characters and piled-up marks; custom emoji as ``:name:``.

    What is longer than `LONGEST` is cut to `CUT_TO`.
    """
    if len(text) > LONGEST:
        text = text[:CUT_TO]
    text = text.replace("\r\n", "\n")
    return _without_custom_markup(text if _PLAIN.fullmatch(text) else _spelled(text)).strip()


def make_harmless(text: str) -> str:
    """Return ``text`` with nothing in it that pings, jumps, invites, or links under a false name.

    Other markup works. A masked link reads as it was written, so that its address is seen. What
    has been made harmless stays as it is.
    """
    text = _MARKUP.sub(f"<{BREAK}", readable_text(text))
    text = _EVERYONE.sub(f"@{BREAK}", text)
    text = _ADDRESS.sub(_without_invite, _INVITE.sub(BREAK, text))
    return _MASKED.sub(f"]{BREAK}", text)


def _spelled(text: str) -> str:
    """Return the text as it is seen: nothing of it is changed where it is `_PLAIN`."""
    visible = "".join(map(_visible, text))
    # Normalised after the invisible is gone, which may stand between a letter and its mark.
    spelled = without_piled_marks(unicodedata.normalize("NFC", visible), MOST_MARKS)
    return unicodedata.normalize("NFC", spelled)


def _visible(character: str) -> str:
    if character in "\n\t" or character in JOINERS:
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp"):
        return "\n"
    return "" if category in ("Cc", "Cf", "Cs", "Co") else character


def _without_custom_markup(text: str) -> str:
    """Return the text with custom emoji and commands as words, also where one holds another."""
    while (plain := _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", text))) != text:
        text = plain
    return text


def _without_invite(address: re.Match[str]) -> str:
    """Return an address as words if a browser would take it for an invite."""
    spelled = unicodedata.normalize("NFKC", unquote(address[0])).casefold().replace("\u3002", ".")
    if not _INVITES.search(unicodedata.normalize("NFKC", unquote(spelled))):
        return address[0]
    return _DOT.sub(lambda dot: f"{BREAK}{dot[0]}", address[0])
