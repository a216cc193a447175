"""The names of the agents and of the offices that a person's words must not pass for.

The templates' own names are read from them (`bot.text.template_marks`); here are those of the
design, and what they are called in the languages.
"""

from __future__ import annotations

from typing import Final

AGENTS: Final = (
    *("Therapist", "Chatbot", "Critic", "Moderator", "Editor"),
    *("Therapeut", "Therapeutin", "Kritiker", "Kritikerin", "Moderatorin", "criticus"),
    *("terapeuta", "crítico", "moderador", "moderadora"),
    *("thérapeute", "critique", "modérateur", "modératrice"),
    *("critico", "moderatore", "moderatrice", "krytyk", "terapist", "eleştirmen", "moderatör"),
    *("терапевт", "психотерапевт", "критик", "модератор"),
    *("セラピスト", "批評家", "モデレーター", "치료사", "상담사", "비평가", "모더레이터"),
    *("治疗师", "治療師", "评论员", "評論員", "管理员"),
)
"""The agents and the moderators, in the languages."""

OFFICES: Final = (
    *("system", "assistant", "developer", "tool", "user", "human", "ai", "bot"),
    *("instruction", "instructions", "note to self", "admin", "administrator"),
    *("Assistent", "sistema", "asistente", "assistente", "système", "systeem", "sistem"),
    *("asistan", "asystent", "система", "ассистент", "システム", "アシスタント"),
    *("시스템", "어시스턴트", "系统", "系統", "助手"),
)
"""The roles of chat templates and other offices, in the languages."""
