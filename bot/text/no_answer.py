"""The sentence by which the Chatbot says that it has no good answer, in members' languages.

It is one of the fixed texts that members read (`bot.rooms.chat.fixed_texts`), and known here so
that a draft need not see it: a small model that reads it says it again.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from bot.domain.conversation import Conversation
from bot.text.language import LANGUAGES
from bot.text.translations import MEMBERS_DOMAIN, translations

NO_ANSWER: Final = (
    "I have read that, and I don't have the right words for it. I would rather say so than say "
    "something wrong."
)
NO_ANSWER_TO_QUESTION: Final = "I don't have a good answer to that, and I would rather not guess."
_QUESTION_MARKS: Final = frozenset("?\uff1f")


def no_answer(language: str, asked: str, latest: str) -> str:
    """Return the sentence in answer to ``asked``, in other words than ``latest``, said before it.

    It is English where there is no catalogue of the language (ISO 639-1).
    """
    plain, to_question = _in(language)
    if _QUESTION_MARKS & set(asked):
        return plain if latest == to_question else to_question
    return to_question if latest == plain else plain


def without_no_answers(conversation: Conversation) -> Conversation:
    """Return the talk less what the Chatbot said where it had no answer."""
    lines = tuple(
        line for line in conversation.lines if not (line.by_chatbot and line.text in _all())
    )
    return conversation.model_copy(update={"lines": lines})


def is_no_answer(text: str | None) -> bool:
    """Return whether a reply is one of these sentences, in any language.

    No model wrote it, so that no Critic scores it.
    """
    return text in _all()


def _in(language: str) -> tuple[str, str]:
    texts = translations(language, MEMBERS_DOMAIN)
    return texts.gettext(NO_ANSWER), texts.gettext(NO_ANSWER_TO_QUESTION)


@cache
def _all() -> frozenset[str | None]:
    return frozenset(text for language in LANGUAGES for text in _in(language))
