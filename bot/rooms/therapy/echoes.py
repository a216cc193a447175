"""Whether a text only says again what stands in the conversation.

Small models parrot: the question without its mark, a line further up, their own last message, now
and then under the name of whoever said it. A text that also answers is none of these; nor is one
that somebody asked to hear again, or a wish that is returned.
"""

# ruff: noqa: RUF001 (letters that look alike are of the languages)
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain import Conversation, Line

ECHO_FROM: Final = 0.7
"""Share of the text's word 3-grams that the person just said from which it is an echo.

At 0.6, "The chemical symbol for gold is Au." was one, to who asked for the symbol.
"""
ECHO_WORDS: Final = 6
"""Fewest words of a text that is measured so."""
REPEAT_WORDS: Final = 4
"""Fewest words of a text that is nothing but a part of one line; signs without spaces count so."""
REPEAT_LETTERS: Final = 15
"""Fewest letters of it ("sounds good to me" may be said by two); a sign of a syllable counts 3."""
TELLING: Final = 5
"""Fewest letters of a word by which a question is known to ask for what a line says."""

_DENSE: Final = "\u3040-\u30ff\u3400-\u9fff"
_SYLLABLE: Final = re.compile(f"[{_DENSE}\uac00-\ud7af]")
_TOKEN: Final = re.compile(rf"[{_DENSE}]|[^\W_{_DENSE}]+(?:'[^\W_{_DENSE}]+)*")
_ASKS_TO_REPEAT: Final = re.compile(
    r"\b(?:repeat|say|quote|correct|proof-?read|spell|spelling|grammar|rewrite|translate|pronounce"
    r"|type|write|paraphrase|shorten|again,? please"
    r"|wiederhol\w*|nochmal|noch (?:mal|einmal)|sag(?:e|en|st)?|schreib(?:e|en|st)?|zitier\w*"
    r"|übersetz\w*|repit\w*|repet\w*|répét\w*|répèt\w*|ripet\w*|otra vez|de nuevo|de novo"
    r"|di nuovo|encore une fois|di(?:ga|me|mi|z|s-moi)|escrib\w*|écri\w*|escrev\w*|scriv\w*"
    r"|tradu\w*|herhaal\w*|opnieuw|nog (?:een|eens)|zeg|schrijf|vertaal\w*|powt[óo]rz\w*"
    r"|jeszcze raz|powiedz\w*|napisz\w*|przetłumacz\w*|tekrar\w*|söyle\w*|yaz|çevir\w*"
    r"|повтор\w*|ещ[её] раз|скажи\w*|напиши\w*|перевед\w*)\b"
    r"|もう一|もっかい|繰り返|言って|書いて|訳して|翻訳|다시|말해|써 ?줘|번역"
    r"|再说|重复|再来|再讲|翻译|帮我写|写一|写出",
    re.IGNORECASE,
)
_WISH: Final = re.compile(
    r"(?:good (?:morning|night|evening|day|luck|job)|happy|merry|welcome|congrat|thank|hello"
    r"|(?:hi|hey|love|bon|bo[ma])\b|see you|take care|sleep|guten?|schönen?|frohe"
    r"|alles (?:gute|liebe)|viel (?:glück|erfolg|spaß)|herzlich|danke|gracias|buen|feliz|felic"
    r"|bonne|joyeu|merci|obrigad|parab|grazie|auguri|tanti|goed|goei|fijn"
    r"|gefeliciteerd|bedankt|dank|dobr|dzień dobry|miłego|sto lat|wszystkiego|dzięk|günaydın|iyi"
    r"|mutlu|tebrik|teşekkür|добр|спокойной|с (?:днём|новым)|поздрав|спасибо"
    r"|おはよ|おやす|おめで|ありがと|お疲れ|こんに|こんば|안녕|축하|감사|고마|수고|잘 자"
    r"|早上好|早安|晚安|生日快乐|新年|恭喜|谢谢|辛苦|加油)",
    re.IGNORECASE,
)
"""The beginning of what is said back: greetings, wishes, thanks."""
MOST_WISH: Final = 60
"""Most characters of one."""


def is_echo(text: str, conversation: Conversation) -> bool:
    """Return whether the text is mostly what was asked."""
    asked = _asked(conversation)
    if _ASKS_TO_REPEAT.search(asked) or _is_wish(text):
        return False
    return _is_mostly(text, asked)


def is_repeat(text: str, conversation: Conversation) -> bool:
    """Return whether the text is nothing but a line of the talk, or a part of one.

    Of the Chatbot's own lines the last counts: what it said before may well be said again.
    """
    asked = _asked(conversation)
    if _ASKS_TO_REPEAT.search(asked) or _is_wish(text):
        return False
    return _is_part_of_line(text, conversation, asked)


def _asked(conversation: Conversation) -> str:
    return "\n".join(line.text for line in conversation.asked)


def _is_wish(text: str) -> bool:
    return len(text) <= MOST_WISH and _WISH.match(text.lstrip(" *_~>\"'")) is not None


def _is_mostly(text: str, asked: str) -> bool:
    tokens = _tokens(text)
    if len(tokens) < ECHO_WORDS:
        return False
    grams = list(_grams(tokens))
    theirs = set(_grams(_tokens(asked)))
    return sum(gram in theirs for gram in grams) / len(grams) >= ECHO_FROM


def _is_part_of_line(text: str, conversation: Conversation, asked: str) -> bool:
    tokens = _tokens(text)
    size = sum(map(len, tokens)) + 2 * len(_SYLLABLE.findall(text))
    if len(tokens) < REPEAT_WORDS or size < REPEAT_LETTERS:
        return False
    if any(_repeats(tokens, line, _is_question(line.text)) for line in conversation.asked):
        return True
    own = [line for line in conversation.lines if line.by_chatbot][-1:]
    others = [line for line in conversation.lines if not line.by_chatbot]
    return any(
        _repeats(tokens, line, whole=False) and not _is_asked_for(line, asked)
        for line in (*own, *others)
    )


def _repeats(tokens: Sequence[str], line: Line, whole: bool) -> bool:
    """Return whether a line holds the words in a row; ``whole``: whether it has to be all of it."""
    said = _tokens(line.text)
    if whole:  # a part of a question may be the answer to it ("the 3rd or the 4th?")
        return tokens == said
    return f" {' '.join(tokens)} " in f" {' '.join(said)} "


def _is_asked_for(line: Line, asked: str) -> bool:
    """Return whether a question asks for what the line says, or for whoever said it."""
    words = set(_tokens(asked))
    if not words.isdisjoint(_tokens(line.speaker)):
        return True
    telling = {word for word in _tokens(line.text) if len(word) >= TELLING}
    return _is_question(asked) and not words.isdisjoint(telling)


def _is_question(text: str) -> bool:
    return "?" in text or "？" in text


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold().replace("\u2019", "'"))


def _grams(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(tokens, tokens[1:], tokens[2:], strict=False)
