# ruff: noqa: RUF001 (letters that look alike are what this is about)
"""One spelling for all ways to write a letter: case, accents, widths, look-alikes, marks.

Pure and linear in the length of the text. Rules are folded by the same functions as messages, so
that their files can be written with the accents of their language.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_CHARACTERS: Final = 32_000
"""Most characters judged of one text: a pasted file is judged by its beginning and its end."""
MOST_TOKEN: Final = 48
"""Longest token whose spelling is mended; what is longer is no word."""

_STOPS: Final = ".!;…‥。\n\r\u2028\u2029"
_APOSTROPHES: Final = "'`´ʼ‘’ʹ′"
_INVISIBLE: Final = (
    (0xAD, 0xAD), (0x300, 0x36F), (0x483, 0x489), (0x61C, 0x61C), (0x115F, 0x1160),
    (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x200B, 0x200F), (0x202A, 0x202E),
    (0x2060, 0x206F), (0x20D0, 0x20FF), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xE0000, 0xE0FFF),
)  # fmt: skip
_PLAIN: Final = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "ħ": "h",
                 "ё": "е", "ŀ": "l", "þ": "th"}  # fmt: skip
_SMALL_CAPITALS: Final = dict(
    zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)
)
_LOOKALIKES: Final = str.maketrans(
    "авсԁеһіјкӏмпорԛгѕтуѵхԝґαβγδειηκνορτυχωіɑɡⅼ",
    "abcdehijklmnopqrstyvxwrabydeinknoptuxwiagl",
)

_TO_CYRILLIC: Final = str.maketrans("abcehkmoptuxy", "авсенкмортиху")


def _letters() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table[code] = base
    for first, last in _INVISIBLE:
        table.update(dict.fromkeys(range(first, last + 1)))
    for spelling in (_PLAIN, _SMALL_CAPITALS):
        table.update({ord(letter): plain for letter, plain in spelling.items()})
    table.update({0x1F1E6 + offset: chr(0x61 + offset) for offset in range(26)})
    table.update(dict.fromkeys(map(ord, _APOSTROPHES)))
    table.update({0x1F170: "a", 0x1F171: "b", 0x1F17E: "o", 0x1F17F: "p"})
    return table


_LETTERS: Final = _letters()
_KANA: Final = str.maketrans({chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)})
# Traditional signs that the rules need, as simplified ones; only the Chinese rules see them.
_SIMPLIFIED: Final = str.maketrans(
    "殺藥過沒還個來會樓殘傷壓愛們時後請謝對無飯頭氣發個見說話誰買賣這裡麼為嗎媽爸別離開體斷繩燒"
    "瓶樣東給媽幾從經歷實際臺灣國華車門間問題將滅絕邊遠遺書應該當種結束總麻煩輕鬆應變懷認識讓報復"
    "擔揍罵鎖關嚇驚慌緊張恐懼喘現場橋兒轉擊槍們鬧劇戲電視歌單詞遊戲聽願動難過寫護師課歲親媳婦",
    "杀药过没还个来会楼残伤压爱们时后请谢对无饭头气发个见说话谁买卖这里么为吗妈爸别离开体断绳烧"
    "瓶样东给妈几从经历实际台湾国华车门间问题将灭绝边远遗书应该当种结束总麻烦轻松应变怀认识让报复"
    "担揍骂锁关吓惊慌紧张恐惧喘现场桥儿转击枪们闹剧戏电视歌单词游戏听愿动难过写护师课岁亲媳妇",
)
_DENSE_GAPS: Final = re.compile(r"[\s,、，·・~〜\-_*\"“”「」『』()（）]+")
_DENSE_STOPS: Final = re.compile(r"[.!;…‥。\n\r]+")
_NOT_WORDS: Final = re.compile(r"[\W_]+")


def bounded(text: str) -> str:
    """``text``, or the two ends of one that is too long to be judged whole."""
    if len(text) <= MOST_CHARACTERS:
        return text
    half = MOST_CHARACTERS // 2
    return f"{text[:half]}\n{text[-half:]}"


def folded(text: str) -> str:
    """``text`` in small letters without accents, apostrophes, invisible signs and width."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    # Composed first, so that a mark that makes another letter (й, が) is kept with its letter.
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)


def one_script(token: str) -> str:
    """Return a token of mixed scripts in the letters that it has more of; any other as it is."""
    if token.isascii():
        return token
    small = sum("a" <= letter <= "z" for letter in token)
    if not small:
        return token
    cyrillic = sum("а" <= letter <= "я" for letter in token)
    return token.translate(_TO_CYRILLIC if cyrillic > small else _LOOKALIKES)


def dense(text: str) -> str:
    """Folded ``text`` without spaces, for scripts that are written without them."""
    text = _DENSE_STOPS.sub(".", _DENSE_GAPS.sub("", text.replace("\n", ".")))
    return one_kana(text)


def one_kana(text: str) -> str:
    """``text`` with katakana as hiragana."""
    return text.translate(_KANA)


def denser(text: str) -> str:
    """Dense ``text`` without any sign that is no letter: "自.殺" as "自殺"."""
    return _NOT_WORDS.sub("", text)


def simplified(text: str) -> str:
    """Chinese ``text`` in simplified signs, as far as the rules need them."""
    return text.translate(_SIMPLIFIED)


def is_stop(sign: str) -> bool:
    """Return whether ``sign`` ends a sentence."""
    return sign in _STOPS
