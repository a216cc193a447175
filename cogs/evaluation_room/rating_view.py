"""The buttons of a card, and the forms in which people score a turn themselves. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord

from bot.domain import HARMS, EvaluationState, Turn, TurnState
from bot.domain.ratings import RatingKind
from bot.domain.room_settings import Scale
from bot.errors import WrongInput
from bot.rooms.evaluation.kept_words import has_words
from bot.text.moderator_texts import Later, say
from bot.text.no_answer import is_no_answer
from cogs.shared.components import button
from cogs.shared.modals import choice_field, text_field
from cogs.shared.text import quoted

MOST_REPLY: Final = 1500
MOST_WHY: Final = 500
WITHDRAW: Final = "withdraw"
"""The choice to take one's rating back, which is no kind of rating."""
KINDS: Final = {
    RatingKind.AGREE: Later("I agree with the Critic"),
    RatingKind.TOO_HARSH: Later("The Critic is too harsh"),
    RatingKind.TOO_LENIENT: Later("The Critic is too lenient"),
    RatingKind.RESCORE: Later("Rescore: my numbers below"),
}
BUTTONS: Final = {
    # by what a press does, as in its id: label, mark; cards of before have all but the last two
    "agree": ("", "👍"),
    "harsh": (Later("Too harsh"), "🔽"),
    "lenient": (Later("Too lenient"), "🔼"),
    "rescore": (Later("My own scores"), "✏️"),
    "delete": (Later("Delete reply"), "🗑️"),
    "why": ("", "👎"),
    "show": (Later("Show"), "🔍"),
}
ON_CARD: Final = ("agree", "why", "show")
"""The buttons of a card, in order."""
BEHIND_WHY: Final = ("harsh", "lenient", "rescore", "delete")
"""The buttons behind 👎."""
PRESSED: Final = {
    "agree": RatingKind.AGREE,
    "harsh": RatingKind.TOO_HARSH,
    "lenient": RatingKind.TOO_LENIENT,
}


class NotANumber(WrongInput):
    """A text, typed where a score belongs, that is none."""


def has_scores(turn: Turn) -> bool:
    """Return whether the Critic has scored what was sent, as it does not a fixed sentence."""
    sent = turn.state is TurnState.SENT and not is_no_answer(turn.reply)
    return sent and turn.evaluation is EvaluationState.SCORED


def card_buttons(turn: Turn, *, row: int | None = None) -> list[discord.ui.Button[Any]]:
    """Return the three buttons of a card; with a ``row``, as one of several, they bear its number.

    Without a reply, or once its words are gone, there is nothing to rate; without scores nothing
    to agree with.
    """
    number = "" if row is None else f"#{turn.number}"
    return [_button(what, turn, number, row) for what in ON_CARD if _fits(what, turn)]


def why_buttons(turn: Turn, *, deleted: bool) -> list[discord.ui.Button[Any]]:
    """Return the buttons behind 👎: what somebody may find wrong with a reply or its scores."""
    fitting = [what for what in BEHIND_WHY if _fits(what, turn)]
    return [_button(what, turn) for what in fitting if not (deleted and what == "delete")]


def _button(
    what: str, turn: Turn, number: str = "", row: int | None = None
) -> discord.ui.Button[Any]:
    label, mark = BUTTONS[what]
    made = button(
        f"rate:{what}:{turn.id}",
        " ".join(filter(None, (str(label), number))),
        emoji=mark,
        style=discord.ButtonStyle.danger if what == "delete" else discord.ButtonStyle.secondary,
    )
    made.row = row
    return made


def _fits(what: str, turn: Turn) -> bool:
    if what == "show":
        return turn.evaluation is EvaluationState.SCORED or has_words(turn)
    if turn.state is not TurnState.SENT or not has_words(turn):
        return False  # a withheld turn said nothing that could be rated or deleted
    return what in ("why", "rescore", "delete") or has_scores(turn)


def score_fields(
    scales: Sequence[Scale], values: Mapping[str, int], why: str, *, blind: bool = False
) -> list[discord.ui.Label[Any]]:
    """Return fields for three numbers and a why, and one for the server's own scales if any.

    ``blind``: each number has to be given, as an empty one would be the Critic's.
    """
    fields = [
        text_field(
            harm,
            f"{say(harm).capitalize()}, 0-100",
            hint="" if blind else say("empty: as the Critic scored it"),
            value=_known(values, harm),
            most=3,
            required=blind,
        )
        for harm in HARMS
    ]
    if scales:
        named = ", ".join(scale.name for scale in scales)
        own = "\n".join(f"{s.name}: {values[s.name]}" for s in scales if s.name in values)
        fields.append(
            text_field(
                "own",
                say("Own scales"),
                hint=say("name: number, a line each. {named}", named=named),
                value=own,
                long=True,
                most=300,
            )
        )
    fields.append(text_field("why", say("Why"), value=why, long=True, most=MOST_WHY))
    return fields


def kind_field(kind: RatingKind | None) -> discord.ui.Label[Any]:
    """Return a field for a view of the Critic's scores; ``kind`` is that of before, if any."""
    options = {choice.value: str(label) for choice, label in KINDS.items()}
    if kind is not None:
        options[WITHDRAW] = say("Withdraw my rating")
    chosen = kind or RatingKind.AGREE
    return choice_field("kind", say("Your rating"), options, value=chosen.value)


def deletion_note(turn: Turn) -> str:
    """Return what a deletion takes away, for the form that asks about it."""
    return say(
        "{reply}\n"
        "It is removed from the Chat Room and from what the Chatbot remembers of the "
        "talk. This cannot be undone.",
        reply=quoted(turn.reply or "", MOST_REPLY),
    )


def read_kind(inputs: Mapping[str, str], before: Mapping[str, int] | None) -> RatingKind:
    """Return the rating that a form means: numbers that were typed mean a rescore.

    ``before`` are the numbers that stood in the form when it was opened.
    """
    kind = RatingKind(inputs.get("kind") or RatingKind.RESCORE)
    typed = {harm: inputs[harm].strip() for harm in HARMS if inputs.get(harm, "").strip()}
    known = {harm: str(value) for harm, value in (before or {}).items() if harm in HARMS}
    return RatingKind.RESCORE if typed and typed != known else kind


def read_numbers(inputs: Mapping[str, str], scales: Sequence[Scale]) -> dict[str, int]:
    """Return the numbers of a form by scale, without those left empty. Raises NotANumber."""
    values = {harm: _number(harm, inputs[harm]) for harm in HARMS if inputs.get(harm, "").strip()}
    own = {scale.name.casefold(): scale.name for scale in scales}
    for line in filter(str.strip, inputs.get("own", "").splitlines()):
        name, _, number = line.partition(":")
        if name.strip().casefold() not in own:
            listed = ", ".join(own.values()) or say("none")
            raise NotANumber(
                public=say(
                    "There is no scale “{name}”. There are: {listed}.",
                    name=name.strip()[:32],
                    listed=listed,
                )
            )
        scale = own[name.strip().casefold()]
        values[scale] = _number(scale, number)
    return values


def _number(scale: str, typed: str) -> int:
    if not re.fullmatch(r"\d{1,3}", typed.strip()) or int(typed) > 100:
        raise NotANumber(
            public=say(
                "{scale}: a whole number from 0 to 100, please.", scale=say(scale).capitalize()
            )
        )
    return int(typed)


def _known(values: Mapping[str, int], scale: str) -> str:
    return str(values[scale]) if scale in values else ""
