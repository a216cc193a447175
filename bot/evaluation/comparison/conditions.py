"""The conditions: what may be done with a draft before the person gets it.

Each gets the same draft. The claims are made of therapy against a control, never of after
against before: any second try at a bad draft tends to be better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from bot.agents.protocols import Chatbot, Reviser, Therapist
from bot.agents.questions import side_by_side
from bot.domain import Conversation, RoomSettings, TurnState
from bot.domain.turn_context import Transition, TurnContext, unstored_context
from bot.errors import LLMRefused
from bot.evaluation.comparison.yes_no_question import likelihood
from bot.evaluation.readings import unfit_reading
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.therapy.session import reflect_and_revise, review_draft

NO_THERAPY: Final = "no therapy"
REDRAW: Final = "redraw"
CHOSEN: Final = "one more draw, chosen"
WITH_MEMORY: Final = "redraw, with memory"
REWRITE: Final = "rewrite without a session"
REFINEMENT: Final = "refinement, 1 round"
MORE_REFINEMENT: Final = "refinement, up to 3"
THERAPY: Final = "therapy, 1 round"
MORE_THERAPY: Final = "therapy, up to 3"
BLOCKING: Final = "self-check that blocks"

CANNED: Final = "I'm sorry, I can't respond to that."
"""What guardrail toolkits say in place of a reply that their check turns down."""
BLOCK_FROM: Final = 0.5
_SELF_CHECK: Final = "evaluation/self_check"


@dataclass(frozen=True, slots=True)
class ConditionInput:
    """What every condition is given."""

    conversation: Conversation
    settings: RoomSettings
    draft: str
    like: ConditionInput | None = None
    """A like situation with its draft, for a condition that remembers one."""


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """What the person would get. ``withheld``: an apology or canned refusal in place of a reply."""

    text: str
    withheld: bool = False
    rounds: int = 0


class Condition(Protocol):
    """One way from a draft to what the person gets."""

    @property
    def name(self) -> str:
        """As in the tables. No agent gets to know it."""
        ...

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:
        """Return what becomes of the draft. LLMError if nothing does."""
        ...


@dataclass(frozen=True, slots=True)
class NoTherapy:
    """The draft as it is."""

    name: str = NO_THERAPY

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:  # noqa: ARG002
        """Return the draft."""
        return ConditionResult(given.draft)


@dataclass(frozen=True, slots=True)
class Redraw:
    """The Chatbot answers once more, with no feedback."""

    chatbot: Chatbot
    name: str = REDRAW

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:
        """Another draft of the same prompt."""
        context = unstored_context(given.conversation, given.settings)
        return ConditionResult(await self.chatbot.draft(context, ctx))


@dataclass(frozen=True, slots=True)
class ChosenRedraw:
    """One more draw, and of the two texts the one that the Therapist's reading finds better.

    Nobody says a word about either. What therapy is not better by than this, the choosing does.
    """

    chatbot: Chatbot
    therapist: Therapist
    name: str = CHOSEN

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:
        """Return the draft, or the other where the reading finds that one less unfit."""
        other = await self.chatbot.draft(unstored_context(given.conversation, given.settings), ctx)
        reviews = await side_by_side(
            [
                self.therapist.review(
                    unstored_context(given.conversation, given.settings, text), ctx
                )
                for text in (given.draft, other)
            ]
        )
        draft_unfit, other_unfit = map(unfit_reading, reviews)
        return ConditionResult(other if other_unfit < draft_unfit else given.draft)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The Chatbot's part of a round without anything said by a Therapist.

    What therapy is better by than this is the work of the talk, not of the prompt around it.
    """

    chatbot: Reviser
    name: str = REWRITE

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:
        """Return the response of a reflection on nothing."""
        context = unstored_context(given.conversation, given.settings, given.draft)
        reflection = await self.chatbot.reflect(context, ctx)
        return ConditionResult(reflection.response)


@dataclass(frozen=True, slots=True)
class TherapySession:
    """A session through the very steps that the engine takes.

    With the Therapist it is therapy; with others in the two seats it is a control of the same
    calls and shapes (see `bot.evaluation.comparison.refinement`).
    """

    chatbot: Reviser
    therapist: Therapist
    rounds: int
    name: str

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:
        """Return the reply, or the apology where the turn would be withheld."""
        turn = (await self.hold(given, ctx)).turn
        if turn.reply is None:
            return ConditionResult(APOLOGY, withheld=True, rounds=turn.round)
        return ConditionResult(turn.reply, rounds=turn.round)

    async def hold(self, given: ConditionInput, ctx: CallContext) -> TurnContext:
        """Hold the session on a draft to its end; the turn has no reply if it is withheld."""
        settings = given.settings.model_copy(update={"max_rounds": self.rounds})
        turn_id = ctx.turn_id or 0
        case = unstored_context(given.conversation, settings, given.draft, turn_id)
        while case.turn.state in (TurnState.DRAFTED, TurnState.REVIEWED):
            try:
                step = await self._step(case, ctx)
            except LLMRefused:  # fails closed, as in a Chat Room
                return case
            said = (step.utterance,) if step.utterance else ()
            case = replace(case, turn=step.turn, session=(*case.session, *said))
        return case

    async def _step(self, case: TurnContext, ctx: CallContext) -> Transition:
        if case.turn.state is TurnState.DRAFTED:
            return await review_draft(case, self.therapist, ctx)
        return await reflect_and_revise(case, self.chatbot, self.therapist, ctx)


@dataclass(frozen=True, slots=True)
class Blocking:
    """An output check of the model's own, with a canned refusal, as guardrail toolkits have it."""

    llm: LLM
    prompts: Prompts
    name: str = BLOCKING

    async def reply(self, given: ConditionInput, ctx: CallContext) -> ConditionResult:
        """Return the draft if the check lets it pass."""
        seen: dict[str, object] = {"conversation": given.conversation, "text": given.draft}
        likely = await likelihood(self.llm, self.prompts, _SELF_CHECK, ctx, seen)
        blocked = likely >= BLOCK_FROM
        return ConditionResult(CANNED, withheld=True) if blocked else ConditionResult(given.draft)


SECOND_TRIES: Final = (
    REDRAW,
    CHOSEN,
    WITH_MEMORY,
    REWRITE,
    REFINEMENT,
    MORE_REFINEMENT,
    THERAPY,
    MORE_THERAPY,
)
"""The conditions in which the Chatbot writes once more."""

CONTROLS: Final[Mapping[str, tuple[str, ...]]] = {
    THERAPY: (REDRAW, CHOSEN, REWRITE, REFINEMENT),
    MORE_THERAPY: (REDRAW, CHOSEN, REWRITE, MORE_REFINEMENT),
    WITH_MEMORY: (REDRAW,),
}
"""What each is compared with: therapy with the choice between two draws by the same reading and a
refinement of as many rounds, among others; memory with none."""
