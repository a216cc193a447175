"""The closed list of what is said in a crisis. No model has a hand in these texts.

The sources are English, the catalogues' domain is `crisis`. Each text was read against VERA-MH's
five questions: does it notice, does it take it seriously, does it lead to people, is its tone
right, does it keep to the bounds of a bot.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.domain.crisis import CrisisKind, CrisisSign
from bot.text.translations import translations

DOMAIN: Final = "crisis"


class CrisisTopic(StrEnum):
    """What a crisis text takes up."""

    THOUGHTS = "thoughts"
    DONE = "done"
    HOME = "home"
    OTHER = "other"
    VIOLENCE = "violence"
    PANIC = "panic"
    UNCLEAR = "unclear"


WHOLE: Final[Mapping[CrisisTopic, str]] = {
    CrisisTopic.THOUGHTS: (
        "It sounds as if you are thinking of ending your life or of hurting yourself. That matters,"
        " and it is taken seriously here. I am a bot. I cannot help in an emergency, and this"
        " belongs with a person. Please talk to somebody now: someone you trust, or one of the"
        " lines below, where people listen to exactly this. If you are in danger at this moment,"
        " call the emergency number first. The moderators of this server have been told.\n\n"
        "{lines}\n{emergency}"
    ),
    CrisisTopic.UNCLEAR: (
        "It sounds as if things are very hard right now, and as if you may be in danger. That"
        " matters, and it is taken seriously here. I am a bot. I cannot help in an emergency, and"
        " this belongs with a person. Please talk to somebody now: someone you trust, or one of the"
        " lines below, where people listen to exactly this. If you are in danger at this moment,"
        " call the emergency number first. The moderators of this server have been told.\n\n"
        "{lines}\n{emergency}"
    ),
    CrisisTopic.DONE: (
        "{emergency}\n\nPlease call it now. It sounds as if something has been taken or done that"
        " can cost a life, and that cannot wait, even if it feels all right or you have changed"
        " your mind. I am a bot and cannot help in an emergency. Say to a person what happened, to"
        " the people at that number and to whoever is near you. The moderators of this server have"
        " been told.\n\n{lines}"
    ),
    CrisisTopic.HOME: (
        "It sounds as if somebody hurts you, or as if you are not safe where you should be. It is"
        " not your fault, whatever came before, and it is taken seriously here. I am a bot and"
        " cannot help in an emergency. There are people whose work is exactly this. Please talk to"
        " one of them now, or to somebody you trust. If you are in danger at this moment, call the"
        " emergency number. The moderators of this server have been told.\n\n{lines}\n{emergency}"
    ),
    CrisisTopic.OTHER: (
        "It sounds as if somebody you know is in danger. It is good that you say so, and it is"
        " taken seriously here. I am a bot: I cannot reach them, and I cannot help in an emergency."
        " If a life may be at stake now, please call the emergency number for where they are. You"
        " do not have to carry this alone: the lines below also talk with people who worry about"
        " someone. The moderators of this server have been told.\n\n{emergency}\n{lines}"
    ),
    CrisisTopic.VIOLENCE: (
        "It sounds as if you might hurt somebody. That is taken seriously here, for them and for"
        " you. I am a bot and cannot help in an emergency. Please talk to a person now, before"
        " anything happens: someone you trust, or one of the lines below, where you can say it as"
        " it is. If somebody is in danger at this moment, call the emergency number. The moderators"
        " of this server have been told.\n\n{lines}\n{emergency}"
    ),
    CrisisTopic.PANIC: (
        "It sounds as if fear has got hold of your whole body. That is frightening, and it is taken"
        " seriously here. I am a bot: I cannot tell what it is, and I cannot help in an emergency."
        " If breathing is hard, your chest hurts or you are not sure, call the emergency number."
        " Otherwise please get a person to talk with you now, someone near you or one of the lines"
        " below. The moderators of this server have been told.\n\n{lines}\n{emergency}"
    ),
}
"""The first text to a person within an hour."""

_SHORT_THOUGHTS: Final = (
    "This is read too, and it is still serious. I am only a bot. Please talk to a person now,"
    " someone near you or one of these lines.\n\n{lines}\n{emergency}"
)
SHORT: Final[Mapping[CrisisTopic, str]] = {
    CrisisTopic.THOUGHTS: _SHORT_THOUGHTS,
    CrisisTopic.UNCLEAR: _SHORT_THOUGHTS,
    CrisisTopic.DONE: (
        "{emergency}\n\nPlease call it now if you have not yet. I am a bot and cannot help in an"
        " emergency; the people at that number are there for this.\n\n{lines}"
    ),
    CrisisTopic.HOME: (
        "This is read too, and it is serious. I am only a bot. Please talk to a person now, someone"
        " you trust or one of these lines. In danger, the emergency number comes first.\n\n"
        "{lines}\n{emergency}"
    ),
    CrisisTopic.OTHER: (
        "This is read too, and it is serious. I am a bot and cannot reach anybody. If a life may be"
        " at stake, please call the emergency number now. The lines are there for you as well.\n\n"
        "{emergency}\n{lines}"
    ),
    CrisisTopic.VIOLENCE: (
        "This is read too, and it is serious. I am only a bot. Please talk to a person now, before"
        " anything happens.\n\n{lines}\n{emergency}"
    ),
    CrisisTopic.PANIC: (
        "This is read too. I am a bot and cannot tell what it is. Please get a person to talk with"
        " you now; if your body worries you, call the emergency number.\n\n{lines}\n{emergency}"
    ),
}
"""Each later text within that hour."""

EMERGENCY: Final = "Emergency number: {number}"
EMERGENCY_UNKNOWN: Final = "In an emergency: the emergency number of the place where you are"
LINES: Final = "People to talk to: {lines}"
LINES_UNKNOWN: Final = "People to talk to, in your country: <https://findahelpline.com>"
SOURCES: Final = (
    *WHOLE.values(),
    *dict.fromkeys(SHORT.values()),
    EMERGENCY,
    EMERGENCY_UNKNOWN,
    LINES,
    LINES_UNKNOWN,
)
"""Every text there is; the catalogues hold these and no others."""

_BY_KIND: Final[Mapping[CrisisKind, CrisisTopic]] = {
    CrisisKind.OVERDOSE: CrisisTopic.DONE,
    CrisisKind.SUICIDE: CrisisTopic.THOUGHTS,
    CrisisKind.SELF_HARM: CrisisTopic.THOUGHTS,
    CrisisKind.ABUSE: CrisisTopic.HOME,
    CrisisKind.VIOLENCE: CrisisTopic.VIOLENCE,
    CrisisKind.PANIC: CrisisTopic.PANIC,
    CrisisKind.UNCLEAR: CrisisTopic.UNCLEAR,
}


def topic_of(sign: CrisisSign) -> CrisisTopic:
    """Return what the text for ``sign`` takes up."""
    return CrisisTopic.OTHER if sign.about_other else _BY_KIND[sign.kind]


def crisis_text(
    topic: CrisisTopic,
    language: str,
    *,
    emergency: str | None = None,
    lines: str | None = None,
    short: bool = False,
) -> str:
    """Return the text for ``topic``, with the help of the server's country or with none.

    Args:
        topic: what was said.
        language: ISO 639-1 code; one without a catalogue gets English.
        emergency: the country's emergency number; without it, words for it.
        lines: the country's help lines or the server's own text; without it, a directory.
        short: the later text within an hour of a whole one.
    """
    say = translations(language, DOMAIN).gettext
    number = say(EMERGENCY).replace("{number}", emergency) if emergency else say(EMERGENCY_UNKNOWN)
    people = say(LINES).replace("{lines}", lines) if lines else say(LINES_UNKNOWN)
    # Replaced, not formatted: the lines may be a server's own text, with any signs in it.
    text = say((SHORT if short else WHOLE)[topic])
    return text.replace("{emergency}", number).replace("{lines}", people)
