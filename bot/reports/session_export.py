"""The reading of all that is stored of turns, for their pages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.agents.alliance.observers import curves_of
from bot.domain import Conversation, Line, Turn
from bot.reports.critic_trust import render_critics
from bot.reports.incident import Incident
from bot.reports.page_template import MEMBER
from bot.reports.session_record import SessionRecord
from bot.rooms.evaluation.returns import MOST_TURNS, return_of
from bot.storage.stores.stores import Stores
from bot.text.prompt_safety import is_reserved


async def read_incident(stores: Stores, room_name: str, turn_ids: Sequence[int]) -> Incident:
    """Return all that is stored of these turns, but of those that have gone meanwhile."""
    records = [await read_session(stores, room_name, turn_id) for turn_id in turn_ids]
    return Incident(room_name, [record for record in records if record is not None])


async def read_session(stores: Stores, room_name: str, turn_id: int) -> SessionRecord | None:
    """Return all that is stored of a turn of that room, or None if there is no such turn."""
    turn = await stores.turns.get(turn_id)
    if turn is None:
        return None
    evaluations = await stores.evaluations.of_turn(turn_id)
    critics = {(one.scores.method, one.model) for one in evaluations}
    said_of = await stores.feedback.of_turns([turn_id])
    rewarded = await stores.evaluations.rewards_from(turn, MOST_TURNS)
    return SessionRecord(
        room_name=room_name,
        turn=turn,
        conversation=_with_members_marked(await stores.messages.conversation(turn)),
        session=await stores.turns.utterances(turn_id),
        guidance=await stores.guidance.heard_in(turn_id),
        evaluations=evaluations,
        failure=await stores.evaluations.failure_of(turn_id),
        verdict=await stores.evaluations.verdict_of(turn_id),
        ratings=await stores.evaluations.ratings_of(turn_id),
        feedback=said_of.get(turn_id, ()),
        rewards=rewarded[0].rewards if rewarded else (),
        discounted_return=return_of(rewarded),
        calls=await stores.calls.of_turn(turn_id),
        usage=await stores.calls.usage_of_turn(turn_id),
        acts=await stores.acts.of_turn(turn_id),
        check_ins=await stores.check_ins.of_turn(turn_id),
        paused=await _was_paused(stores, turn),
        alliance=await curves_of(stores.alliance_curves, turn_id),
        trust=await render_critics(stores.critic_trust, critics),
    )


async def _was_paused(stores: Stores, turn: Turn) -> bool:
    room = await stores.rooms.get(turn.room_id)
    if room is None or turn.replied_at is None:
        return False
    return await stores.acts.paused_between(
        room.guild_id, room.id, turn.created_at, turn.replied_at
    )


def _with_members_marked(conversation: Conversation) -> Conversation:
    """Return what was said, with each member who is called like an agent marked as one."""
    return conversation.model_copy(
        update={
            "lines": tuple(map(_marked, conversation.lines)),
            "asked": tuple(map(_marked, conversation.asked)),
        }
    )


def _marked(line: Line) -> Line:
    if line.by_chatbot or not is_reserved(line.speaker):
        return line
    return line.model_copy(update={"speaker": f"{line.speaker}{MEMBER}"})
