"""Languages as what a talk is about: their names in the languages, and words for translating.

The names are CLDR's, as `make texts` writes them down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from bot.text.language import LANGUAGES
from bot.text.reader_view import folded

_OTHERS: Final = (
    *("ar", "bg", "bn", "ca", "cs", "cy", "da", "el", "eo", "et", "eu", "fa", "fi", "gl", "he"),
    *("hi", "hr", "hu", "id", "is", "la", "lt", "lv", "mk", "no", "ro", "sk", "sl", "sq", "sv"),
    *("sw", "ta", "th", "uk", "ur", "vi"),
)
"""Languages that people are likely to learn or to be answered in, besides `LANGUAGES`."""
TALKED_OF: Final = (*LANGUAGES, *_OTHERS)
"""ISO 639 codes of the languages whose names are looked for."""
NAMES: Final = Path(__file__).with_name("language_names.json")
"""By the language that they are in, and by code: `TALKED_OF`, and in English all there are."""
_ENDINGS: Final = {"ru": "ий", "pl": "iy", "it": "oe", "es": "o", "pt": "o", "fr": "e"}
"""Letters at the end of a language's name that change with the sentence."""
_LEAST: Final = 6
"""Fewest letters of a name that is looked for as a beginning; shorter ones begin other words."""
_MORE_NAMES: Final = ("castellano", "mandarin", "kantones", "cantonese", "flemish", "vlaams")
_TOPICS: Final = (
    *("translat", "language", "bilingual", "vocabulary", "native speaker"),
    *("ubersetz", "sprache", "fremdsprach", "vokabel"),
    *("traduc", "traduz", "tradui", "tradurr", "tradott", "idioma", "lenguaje", "langue"),
    *("langage", "lingua", "linguaggio", "vocabul"),
    *("vertaal", "vertal", "taal", "woordjes", "tłumacz", "przetłumacz", "jezyk", "słowk"),
    *("cevir", "tercume", "dilde", "dilinde", "yabanci dil", "перевед", "перевод", "переведи"),
    *("язык", "translit"),
)
"""Beginnings of words, as a reader sees them (`folded`)."""
_MEANS: Final = (
    r"what(?:'?s| is| does| do|s)\b[^.!?\n]{0,60}\b(?:mean|meaning|say|saying)\b"
    r"|was (?:heisst|bedeutet|steht)\b|que (?:significa|quiere decir|veut dire|signifie)\b"
    r"|cosa (?:significa|vuol dire)\b|wat betekent\b|co (?:to )?znaczy\b|ne demek\b|что значит\b"
)
_DENSE_TOPICS: Final = (
    *("翻訳", "訳し", "言語", "どういう意味", "외국어", "번역", "언어", "무슨 뜻", "한국말"),
    *("翻译", "语言", "什么意思", "中文", "英文", "日文", "法文", "德文", "汉语", "韩文", "国語"),
)
_DENSE: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def language_title(code: str, said_in: str = "en") -> str:
    """Return the name of a language in a language, by their ISO 639 codes; empty if not known."""
    return _names().get(said_in, {}).get(code, "")


def speaks_of_languages(texts: Iterable[str]) -> bool:
    """Return whether one of the texts names a language, or asks for a translation or a meaning."""
    return any(map(_names_language, texts))


def forget_remembered() -> None:
    """Forget the lines that are remembered: somebody wants to be forgotten."""
    _names_language.cache_clear()


@lru_cache(maxsize=512)
def _names_language(text: str) -> bool:
    """Remembered, since a talk's lines are looked at for every text that answers them."""
    view = folded(text)
    return any(pattern.search(view) for pattern in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what is found at the beginning of a word, and what anywhere (no spaces there)."""
    names = {folded(name) for name in (*_all_names(), *_MORE_NAMES) if name}
    dense = {name for name in names if _DENSE.search(name)} | set(map(folded, _DENSE_TOPICS))
    starts = {name for name in names - dense if len(name) >= _LEAST} | set(_TOPICS)
    begins = "|".join(re.escape(start) for start in sorted(starts))
    whole = "|".join(re.escape(name) for name in sorted(names - dense - starts))
    return (
        # A country is no language.
        re.compile(rf"(?<!\w)(?:(?:{begins})(?!land)|(?:{whole})(?!\w)|{_MEANS})"),
        re.compile("|".join(re.escape(name) for name in sorted(dense))),
    )


def _all_names() -> Iterator[str]:
    for locale in LANGUAGES:
        names = _names()[locale]
        for code in TALKED_OF:
            name = names.get(code, "")
            yield name
            if len(stem := name.rstrip(_ENDINGS.get(locale, ""))) >= _LEAST:
                yield stem


@cache
def _names() -> Mapping[str, Mapping[str, str]]:
    names: dict[str, dict[str, str]] = json.loads(NAMES.read_text("utf-8"))
    return names
