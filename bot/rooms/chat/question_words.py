# ruff: noqa: RUF001 (letters that look alike are what this is about)
"""The words by which a question to the room is known, in the languages that the bot knows well.

Kept short on purpose: a question mark decides most, and words only where people leave it out.
"""

from __future__ import annotations

import re
from typing import Final


def _any_of(*words: str) -> str:
    return "|".join(re.escape(word) for word in words)


EVERYBODY: Final = re.compile(
    r"(?<!\w)(?:"
    + _any_of(
        *("anyone", "anybody", "someone", "somebody", "everyone", "everybody", "any of you"),
        *("you all", "y'all", "guys", "folks", "who knows", "who here"),
        *("jemand", "irgendwer", "irgendjemand", "wer weiß", "wer weiss", "wer kann", "leute"),
        *("alguien", "quién sabe", "quien sabe", "gente", "chicos"),
        *("quelqu'un", "quelqu’un", "qui sait", "tout le monde", "les gens"),
        *("alguém", "alguem", "quem sabe", "pessoal", "galera"),
        *("qualcuno", "chi sa", "ragazzi", "iemand", "wie weet", "ktoś", "kto wie"),
        *("bilen var mı", "var mı bilen", "birisi", "кто-нибудь", "кто нибудь", "кто знает"),
    )
    + r")(?!\w)|誰か|누가|누구|有人|谁知道|大家",
    re.IGNORECASE,
)
"""Words that ask whoever is there: with them a question is to the room, whoever else talks."""

OPENERS: Final = re.compile(
    r"(?:"
    + _any_of(
        *("what is", "what are", "what's", "what does", "what do", "what would", "which is"),
        *("who is", "who was", "when is", "when was", "when does", "where is", "where can"),
        *("why is", "why does", "why do", "how do", "how does", "how can", "how much"),
        *("how many", "how to", "can you", "could you", "do you know", "does anyone"),
        *("does anybody", "does somebody", "is there", "are there", "has anyone", "any idea"),
        *("was ist", "was sind", "wer ist", "wer weiß", "wer kann", "wann ist", "wo ist"),
        *("wo gibt", "warum ist", "wieso ist", "wie geht", "wie kann", "wie macht", "wie viel"),
        *("wie viele", "kann mir", "kann jemand", "weiß jemand", "weiss jemand", "gibt es"),
        *("hat jemand", "kennst du", "kannst du", "weißt du"),
        *("qué es", "que es", "quién es", "quien es", "cuándo es", "dónde está", "donde esta"),
        *("por qué", "cómo se", "como se", "cómo puedo", "cuánto", "cuántos", "alguien sabe"),
        *("alguien tiene", "alguien puede", "sabes si", "me puedes", "hay alguien"),
        *("qu'est-ce", "c'est quoi", "est-ce que", "qui est", "quand est", "où est"),
        *("pourquoi est", "comment on", "comment je", "comment faire", "combien de"),
        *("quelqu'un sait", "quelqu'un peut", "tu peux", "tu sais"),
        *("o que é", "oque é", "quem é", "quando é", "onde fica", "onde tem", "por que"),
        *("como faço", "como faz", "como se", "quanto custa", "quantos", "alguém sabe"),
        *("alguém pode", "alguem sabe", "alguém tem", "você sabe", "você pode"),
        *("che cos'è", "cosa è", "come si", "qualcuno sa", "wat is", "hoe kan", "weet iemand"),
        *("co to jest", "czy ktoś", "jak się", "bilen var mı", "что такое", "кто знает"),
        *("как сделать", "почему"),
    )
    + r")(?!\w)",
    re.IGNORECASE,
)
"""Beginnings of a question whose mark people leave out."""

CLOSERS: Final = re.compile(r"(?:ですか|ますか|でしょうか|のか|나요|까요|습니까|吗|呢)$")
"""Endings of a question in languages that mark it by a particle."""

TAGS: Final = re.compile(
    r"(?:"
    + _any_of(
        *("right", "ok", "okay", "no", "yes", "yeah", "huh", "eh", "hm", "hmm", "innit", "lol"),
        *("isn't it", "isn't he", "isn't she", "aren't they", "don't you think", "doesn't it"),
        *("you know", "see", "oder", "ne", "nicht", "nicht wahr", "gell", "was", "ja"),
        *("verdad", "no es así", "vale", "sí", "hein", "non", "n'est-ce pas", "pas vrai"),
        *("né", "não é", "não", "certo", "vero", "toch", "hè", "nie", "prawda", "değil mi"),
        *("да", "правда", "так"),
    )
    + r")",
    re.IGNORECASE,
)
"""What people hang on to a statement, which does not ask anything."""

GREETINGS: Final = re.compile(
    r"(?:"
    + _any_of(
        *("hey", "hi", "hello", "ok", "okay", "so", "well", "yo", "dear", "thanks", "please"),
        *("lol", "haha", "omg", "wait", "and", "but"),
        *("hallo", "na", "du", "sag mal", "danke", "bitte", "moin", "servus"),
        *("hola", "oye", "buenas", "gracias", "salut", "bonjour", "coucou", "dis", "merci"),
        *("oi", "olá", "ola", "ei", "obrigado", "ciao", "hoi", "cześć", "hej", "selam"),
        *("привет", "слушай"),
    )
    + r")(?!\w)[\s,!:]*",
    re.IGNORECASE,
)
"""What may stand before a name that somebody is called by, or before a word of surprise."""
