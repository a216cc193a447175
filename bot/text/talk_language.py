"""The language that a talk is held in, and whether an answer to it is in another one.

A guess about a chat line is never certain, and a wrong one costs a call: quotes, code and names are
left out, short texts tell nothing, and where a person speaks of languages, anything may be right.
"""

# ruff: noqa: RUF001 (quotation marks that look alike are what this is about)
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from bot.domain.conversation import Conversation, Line
from bot.text.language import LANGUAGES, MOST_CHARACTERS, guess_language
from bot.text.language_topics import language_title, speaks_of_languages

FEWEST_WORDS: Final = 4
"""Fewest words of an answer in an alphabet that are looked at ("Bonjour tout le monde!" passes)."""
FEWEST_LETTERS: Final = 20
"""Fewest letters of such an answer; a greeting in another language is no wrong one."""
FEWEST_SIGNS: Final = 11
"""Fewest signs of an answer in Japanese, Korean or Chinese (おめでとうございます passes)."""
FEWEST_HAN: Final = 12
"""Fewest Chinese signs without any kana that tell Chinese from Japanese."""
SURE: Final = 0.6
"""Lowest probability that counts: of two guesses that have to differ, either may be wrong."""
VERY_SURE: Final = 0.8
"""The same for a short text, and for languages other than `LANGUAGES`: slang looks like those."""
MOST_EARLIER: Final = 4
"""Most lines of the person before the last that are looked at: a talk may change its language."""

_UNSAID: Final = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`"
    r"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|「[^」\n]*」|『[^』\n]*』|《[^》\n]*》|\"[^\"\n]*\""
    r"|(?<!\w)'[^'\n]{2,200}'(?!\w)|(?<![\w*])\*{1,3}[^*\n]{1,80}\*{1,3}(?!\w)|^>[^\n]*"
    r"|^[^\n]*(?:[{};=]|\w\(|\b\w+(?:Error|Exception)\b|\b[Ee]rror:)[^\n]*$"
    r"|^(?:error|fatal|hint|warning):[^\n]*$",
    re.DOTALL | re.MULTILINE,
)
"""Code, quotations, emphasised titles: the words of others, or of no language."""
_NAME: Final = re.compile(r"(?<=[\w,;:)] )[^\W\d_a-z][a-zß-ÿ]+(?:['’]s)?")
_SENTENCE: Final = re.compile(r"[.!?…:;\n。！？]+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_DENSE: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HAN: Final = re.compile("[\u3400-\u9fff]")
_FAMILIES: Final = (
    frozenset({"en", "sco"}),
    frozenset({"de", "nl", "af", "als", "bar", "fy", "lb", "li", "nds"}),
    frozenset({"es", "pt", "it", "fr", "an", "ast", "ca", "co", "gl", "lmo", "oc", "scn", "vec"}),
    frozenset({"pl", "cs", "sk", "szl"}),
    frozenset({"tr", "az", "tk"}),
    frozenset({"ru", "uk", "be", "bg", "mk", "sr"}),
    frozenset({"zh", "wuu", "yue"}),
)
"""Languages that are taken for one another in a few words."""
_SCRIPTS: Final[Mapping[str, tuple[re.Pattern[str], frozenset[str]]]] = {
    "ru": (re.compile("[\u0400-\u04ff]"), frozenset({"ru"})),
    "ko": (re.compile("[\uac00-\ud7af]"), frozenset({"ko"})),
    "ja": (re.compile("[\u3041-\u30ff]"), frozenset({"ja", "zh"})),
    "zh": (re.compile("[\u3400-\u9fff]"), frozenset({"zh", "ja", "ko"})),
}
"""The letters of each script, by the language that it gives away, and who writes with them.

A few Chinese signs may be Japanese, so that kana are nothing strange to who seems to write Chinese.
"""
_BRACKETED: Final = re.compile(r"[(\[\uff08][^()\[\]\uff08\uff09\n]{0,200}[)\]\uff09]")
_CAPITALISED: Final = re.compile("[\u0400-\u042f][\u0430-\u04ff]*")
FEWEST_STRANGE: Final = 4
"""Fewest letters of a script that nobody in the talk uses from which an answer slips into it.

As many have to be of other scripts: a greeting in another language is no wrong one.
"""
_FEW_LETTERS: Final = 60
"""Letters up to which a person's words may be in any language of the family."""


def forget_remembered() -> None:
    """Forget the texts that are remembered: somebody wants to be forgotten."""
    _guess.cache_clear()


def language_of_talk(conversation: Conversation) -> str | None:
    """Return the language (ISO 639) in which whoever spoke last is to be answered.

    It is that of their last message, else of what they said before. None where that cannot be
    told, or where they speak of languages, so that they may want another one.
    """
    own = _own_lines(conversation)
    if speaks_of_languages(line.text for line in own):
        return None
    guesses = {_guess(line.text) for line in _up_to_telling(own)} - {None}
    # Few words in another language than before ("merci beaucoup!") leave it open.
    language = guesses.pop() if len(guesses) == 1 else None
    return language if language is not None and language_title(language) else None


def language_to_name(conversation: Conversation, orders: Sequence[str] = ()) -> str:
    """Return the English name of the language that a small model has to be told to answer in.

    Empty where that is English, in which it answers by itself, is not known, or ``orders``
    (norms, guidance, the manner) speak of languages.
    """
    language = language_of_talk(conversation)
    if language is None or language == "en" or speaks_of_languages(orders):
        return ""
    return language_title(language)


def wrong_language(
    text: str, conversation: Conversation, orders: Sequence[str] = ()
) -> tuple[str, str] | None:
    """Return the language of an answer and the one that it should be in; None where it may be.

    ``orders`` are norms and guidance: one that names a language stands above the talk's.
    """
    wanted = language_of_talk(conversation)
    if wanted is None or speaks_of_languages(orders):
        return None
    if (strange := _strange_script(text, wanted, conversation)) is not None:
        return strange, wanted
    if not _is_long(_said(text)):
        return None
    language = _guess(text)
    # Another language than the models' own has to be sure: they hardly ever slip into one.
    if language not in LANGUAGES or (language != "en" and not guess_language(text, VERY_SURE)):
        return None
    return None if language in {wanted, *_spoken(conversation)} else (language, wanted)


def _strange_script(text: str, wanted: str, conversation: Conversation) -> str | None:
    """Return the language into whose script an answer slips midway; None where it does not.

    Small models do so for a sentence or a word; the guess is about the whole, and misses it. What
    stands in brackets may be how a name is written, and so may a capitalised word.
    """
    said = _CAPITALISED.sub("", _BRACKETED.sub(" ", _said(text)))
    lines = (*conversation.lines, *conversation.asked)
    talk = "".join(f"{line.speaker}{line.text}" for line in lines)
    for language, (letters, writers) in _SCRIPTS.items():
        strange = len(letters.findall(said))
        others = sum(map(str.isalpha, said)) - strange
        is_own = wanted in writers or letters.search(talk) is not None
        if not is_own and min(strange, others) >= FEWEST_STRANGE:
            return language
    return None


def _own_lines(conversation: Conversation) -> list[Line]:
    """Return the lines of whoever spoke last, newest first, as many as count."""
    last = conversation.asked[-1]
    lines = [*conversation.lines, *conversation.asked]
    own = [one for one in lines if one.speaker == last.speaker and not one.by_chatbot]
    return own[::-1][: len(conversation.asked) + MOST_EARLIER]


def _up_to_telling(own: Sequence[Line]) -> Sequence[Line]:
    """Return the lines up to the newest one that is long enough to tell its language."""
    for count, line in enumerate(own, start=1):
        if _is_long(_said(line.text)) and _guess(line.text) is not None:
            return own[:count]
    return own


def _spoken(conversation: Conversation) -> set[str]:
    """Return all languages that the person's words may be in, those of single sentences too."""
    own = _up_to_telling(_own_lines(conversation))
    return {code for line in own for code in _languages_in(line.text)}


def _languages_in(text: str) -> Iterator[str]:
    """Yield the likely languages of a message, its sentences and what is taken for them."""
    for part in (text, _said(text), *_SENTENCE.split(text[:MOST_CHARACTERS])):
        if (language := guess_language(part)) is None:
            continue
        yield language
        if len(part) < _FEW_LETTERS:
            yield from (code for family in _FAMILIES if language in family for code in family)
        if language == "zh" and len(_HAN.findall(part)) < FEWEST_HAN:
            yield "ja"


@lru_cache(maxsize=512)
def _guess(text: str) -> str | None:
    """Return the language of a person's own words in a text; None where it is not sure.

    Remembered, since a turn asks for its lines and its reply several times.
    """
    said = _said(text)
    language = guess_language(said, SURE if _is_long(said) else VERY_SURE)
    if language is None or language in LANGUAGES:
        return language
    return guess_language(said, VERY_SURE) if _is_long(said) else None


def _said(text: str) -> str:
    """Return a text less quotations, code and names, which may be in any language."""
    return _NAME.sub("", _UNSAID.sub(" ", text[:MOST_CHARACTERS]))


def _is_long(said: str) -> bool:
    words = _WORD.findall(said)
    letters = sum(map(len, words))
    dense = len(_DENSE.findall(said))
    return dense >= FEWEST_SIGNS or (len(words) >= FEWEST_WORDS and letters >= FEWEST_LETTERS)
