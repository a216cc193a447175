"""The views of a reader: the forms of a text in which its words are looked for.

A reader sees neither an invisible character nor markup, and takes a letter for its look-alike. So
the checks of what leaves a room read these views, not the characters. Pure, and linear in the
length of the text, of which `MOST` characters are looked at.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

MOST: Final = 8_000
"""Characters that are looked at: more than any reply may have."""

_SEEN_AS_IT_IS: Final = re.compile(r"[ -%'-~\n\t]*")
"""Most of what is said: ASCII that can be seen, with no entity in it."""
_MARKDOWN: Final = re.compile(
    r"[*~|`\\]+|(?<!\w)_+|_+(?!\w)|(?<=\w)__+(?=\w)"
    r"|^[ \t]*(?:>{1,3}[ \t]*)*(?:(?:#{1,3}|-#|[-+\u2022])[ \t]+)?",
    re.MULTILINE,
)
_LINK: Final = re.compile(r"\[([^\[\]\n]{1,300})\]\s?\((?:<[^<>\n]{0,500}>|[^()\s]{0,500})\)")
_WORD: Final = re.compile(r"[^\W\d_]+")
_BETWEEN: Final = r" .\-_\u00b7\u2022/,"
_LETTER: Final = r"[^\W\d_]"
_LETTERS_APART: Final = (
    rf"(?<!{_LETTER})(?:{_LETTER}(?:[{_BETWEEN}]|[.,]\s)){{%s,60}}{_LETTER}(?!{_LETTER})"
)
_APART: Final = re.compile(_LETTERS_APART % 3)
_EVER_APART: Final = re.compile(_LETTERS_APART % 1)
_SPACES: Final = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_LEET: Final = re.compile(
    r"(?<![\w@$])(?=[\w@$]*[0134578@$])(?=[\w@$]*[^\W\d_])[\w@$]{2,40}(?![\w@$])"
)
_AMOUNT: Final = re.compile(r"\d+[^\W\d_]{1,3}|[^\W\d_]{1,2}\d+")
_AS_LETTERS: Final = str.maketrans("0134578@$", "oieastbas")
_LONE_WORDS: Final = re.compile(r"(?<=\S)[ \t]*\n[ \t]*(?=[^\s]{1,30}[ \t]*(?:\n|\Z))")
_OVERRIDE: Final = re.compile(r"\u202e([^\u202c\u202d\u202e\n]{0,400})[\u202c\u202d]?")
_BRACKETS: Final = str.maketrans("‹〈⟨❮˂ᐸ◁›〉⟩❯˃ᐳ▷", "<<<<<<<>>>>>>>")  # noqa: RUF001
_COLONS: Final = str.maketrans(
    dict.fromkeys("\ua789\u2236\ufe55\uff1a\u02d0\u05c3\u0703\u1804", ":")
)
_BLANKS: Final = str.maketrans(
    {"\u2800": " ", "\u3164": " ", "\uffa0": " ", "\u115f": "", "\u1160": ""}
)
_SELECTORS: Final = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x034F)))
_BOXED: Final = str.maketrans(
    {
        first + offset: chr(ord("a") + offset)
        for first in (0x1F150, 0x1F170, 0x1F1E6)
        for offset in range(26)
    }
)

# Letters that look like a Latin one, by Unicode's table of confusables (UTS #39).
_CYRILLIC: Final = "авсԁеһіјкӏмнорԛгѕтуԝхүѵпи"
_CYRILLIC_AS_LATIN: Final = "abcdehijklmhopqrstywxyvnu"
_OTHERS: Final = "αβγεηικνορτυχωſıɑɡɩʟᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢοօսհո"
_OTHERS_AS_LATIN: Final = "abyeniknoptuxwsiagilabcdefghijkmnoprstuvwyzoouhn"
_TO_LATIN: Final = str.maketrans(_CYRILLIC + _OTHERS, _CYRILLIC_AS_LATIN + _OTHERS_AS_LATIN)
_TO_CYRILLIC: Final = str.maketrans("abcehijkmoprstyx3", "авсенијкморгѕтух3")  # noqa: RUF001  # noqa: RUF001


def visible_text(text: str) -> str:
    """Return the text as it is seen, its markup kept: for tokens, tags and labels.

    Compatible forms, brackets and colons become the plain ones, entities the characters for which
    they stand; what cannot be seen is gone, and what an override turns round is turned.
    """
    if _SEEN_AS_IT_IS.fullmatch(text, endpos=MOST):
        return text[:MOST]
    turned = _OVERRIDE.sub(lambda override: override[1][::-1], text[:MOST])
    shown = html.unescape(turned).translate(_BOXED).translate(_BLANKS)
    compatible = unicodedata.normalize("NFKC", "".join(map(_visible, shown)))
    return compatible.translate(_BRACKETS).translate(_COLONS)


def reader_views(text: str) -> tuple[str, ...]:
    """Return the text as a reader sees it, in small letters without accents; once or more.

    Further views are there where they differ: with letters that stand apart ("t h e") joined, a
    word a line as one line, digits within words as letters, an eta as an h instead of an n.
    """
    view = _unmarked(text)
    other = (_unmarked(text.replace("\u03b7", "h")),) if "\u03b7" in text else ()
    joined = _EVER_APART.sub(_together, view) if _APART.search(view) else view
    flat = _LONE_WORDS.sub(" ", joined)
    leet = _LEET.sub(_as_letters, flat)
    return tuple(dict.fromkeys(map(_spaced, (view, *other, joined, flat, leet))))


def folded(text: str) -> str:
    """Return the text as a reader sees it, in small letters, without accents or markup."""
    return _spaced(_unmarked(text))


def _spaced(view: str) -> str:
    return _SPACES.sub(" ", view)


def _unmarked(text: str) -> str:
    plain = _plain(visible_text(text))
    if plain.isascii():
        return plain
    cyrillic = _mostly_cyrillic(plain)
    return _WORD.sub(lambda word: _unmasked(word[0], cyrillic=cyrillic), plain)


def _plain(seen: str) -> str:
    """Return a visible text without markup and accents, in small letters."""
    apostrophes = seen.replace("\u2019", "'").replace("\u02bc", "'")
    bare = _MARKDOWN.sub("", _LINK.sub(r"\1", apostrophes)).casefold()
    if bare.isascii():
        return bare
    return "".join(map(_without_accent, unicodedata.normalize("NFC", bare)))


def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp") or character in "\r\v\f\x85":
        return "\n"
    return "" if category[0] == "C" or character in _SELECTORS else character


def _without_accent(character: str) -> str:
    """Return the letter without its mark, for scripts in which marks are accents."""
    if character < "\x80":
        return character
    spelled = unicodedata.normalize("NFD", character)
    if len(spelled) == 1:
        return "" if "\u0300" <= character <= "\u036f" else character
    return spelled[0] if spelled < "\u0530" else character


def _unmasked(word: str, *, cyrillic: bool) -> str:
    """Return a word with its look-alikes as the letters for which a reader takes them."""
    if word.isascii():
        return word
    latin_letters = sum("a" <= letter <= "z" for letter in word)
    cyrillic_letters = sum("\u0400" <= letter <= "\u052f" for letter in word)
    if cyrillic_letters and latin_letters:
        russian = cyrillic_letters > latin_letters or (
            cyrillic_letters == latin_letters and cyrillic
        )
        return word.translate(_TO_CYRILLIC if russian else _TO_LATIN)
    if cyrillic_letters:
        return word if cyrillic else word.translate(_TO_LATIN)
    return word.translate(_TO_LATIN) if latin_letters or _looks_latin(word) else word


def _mostly_cyrillic(text: str) -> bool:
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in text)
    return cyrillic > sum("a" <= letter <= "z" for letter in text)


def _looks_latin(word: str) -> bool:
    return word.translate(_TO_LATIN).isascii()


def _together(apart: re.Match[str]) -> str:
    return re.sub(rf"[{_BETWEEN}\s]", "", apart[0])


def _as_letters(word: re.Match[str]) -> str:
    """Return a word with its digits as letters, unless it is an amount ("180kg", "v2")."""
    return word[0] if _AMOUNT.fullmatch(word[0]) else word[0].translate(_AS_LETTERS)
