"""The state of rooms and the cost of models, for moderators, at a glance. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import discord

from bot.domain.limits import Measure, Scope
from bot.domain.memory import RoomMemory
from bot.llm.health import EndpointHealth
from bot.reports.text_tables import align_columns
from bot.rooms.control.status import RoomStatus
from bot.rooms.limits.limit_notices import amount_text
from bot.rooms.limits.usage_limits import LimitUse
from bot.storage.stores.calls import AgentUsage
from bot.text.moderator_texts import Later, say, say_count, say_dollars, say_number, say_reason
from cogs.shared.components import button
from cogs.shared.text import on_one_line, shortened, shown_name

MOST_ROOMS: Final = 10
"""Rooms of one answer: an embed each, within Discord's bound of all their characters."""
MOST_DESCRIPTION: Final = 580
MOST_ERROR: Final = 120
MOST_MODEL: Final = 24
MOST_ADAPTERS: Final = 120
MOST_LABEL: Final = 80
"""Characters of a button's label, which is Discord's bound."""
MOST_AWAY: Final = 2
MOST_ENDPOINT: Final = 80
CALM: Final = 0x3BA55D
PAUSED: Final = 0x747F8D
WAITS: Final = 0xFAA61A


def render_statuses(statuses: Sequence[RoomStatus]) -> list[discord.Embed]:
    """Return one embed a room, as many as a message takes."""
    return [_status(status) for status in statuses[:MOST_ROOMS]]


def render_connection(latency: float, shards: Sequence[int], shard_count: int) -> str:
    """Return how far Discord is, in seconds, and which shards the process serves of several."""
    said = []
    if latency < 60:
        said.append(say("{milliseconds} ms to Discord", milliseconds=say_number(latency * 1000)))
    if shard_count > 1:
        named = ", ".join(map(str, shards)) or say("all")
        said.append(say("shards served here: {named} of {count}", named=named, count=shard_count))
    return f"-# {' · '.join(said)}" if said else ""


def usage_table(usage: Sequence[AgentUsage]) -> str:
    """Return calls, tokens and cost by agent and model, as a table for a code block."""
    rows = [
        (
            say("agent"),
            say("model"),
            say("calls"),
            say("failed"),
            say("tokens in"),
            say("out"),
            say("s a call"),
            say("cost"),
        )
    ]
    rows.extend(
        (
            say(used.agent.value),
            _model(used.model),
            say_number(used.calls),
            say_number(used.failed),
            say_number(used.prompt_tokens),
            say_number(used.completion_tokens),
            say_number(used.seconds / max(1, used.calls), 1),
            "-" if used.cost is None else say_dollars(used.cost),
        )
        for used in usage
    )
    return align_columns(rows, left=(0, 1))


def limits_table(uses: Sequence[LimitUse], names: Mapping[int, str]) -> str:
    """Return what is used and left of today's limits, for a code block; empty without any.

    ``names`` are those of the rooms. Of the whole bot only shares are told: other servers' use
    is in its figures.
    """
    rows = [
        (_whose(use, names), say(measure.value), *_used_and_left(use, measure))
        for use in uses
        for measure in use.charge.limit.bounds
    ]
    head = (say("limit of"), say("in"), say("used"), say("of"), say("left"))
    return align_columns([head, *rows], left=(0, 1)) if rows else ""


def total_cost(usage: Sequence[AgentUsage]) -> float | None:
    """Return the cost in US dollars; None where no model's price is known."""
    costs = [used.cost for used in usage if used.cost is not None]
    return sum(costs) if costs else None


def _status(status: RoomStatus) -> discord.Embed:
    return discord.Embed(
        description=shortened("\n".join(_lines(status)), MOST_DESCRIPTION),
        colour=_colour(status),
    )


def _colour(status: RoomStatus) -> int:
    if status.room.paused:
        return PAUSED
    return WAITS if status.turn and status.turn.state.waits else CALM


def _lines(status: RoomStatus) -> list[str]:
    return [
        *_place_lines(status),
        *_waiting_lines(status),
        _today(status),
        *_error_lines(status),
        *(_away(health) for health in status.away[:MOST_AWAY]),
        *_remembered(status.memory),
        *_model_lines(status),
    ]


def _place_lines(status: RoomStatus) -> list[str]:
    """Return how it stands with the room, and in which of the rooms its reply is."""
    room = status.room
    lines = [f"**<#{room.id}> · {status.state}**"]
    if room.paused and room.pause_reason:
        lines.append(
            say("because: {reason}", reason=on_one_line(say_reason(room.pause_reason), MOST_ERROR))
        )
    if status.turn:
        since = (
            say(" since <t:{at}:t> (<t:{at}:R>)", at=int(status.since.timestamp()))
            if status.since
            else ""
        )
        lines.append(
            say(
                "reply #{number} is in the {place}{since}",
                number=status.turn.number,
                place=say(status.place or ""),
                since=since,
            )
        )
    if room.therapist:
        lines.append(say("Therapist: {who}", who=shown_name(room.therapist.name)))
    return lines


def _waiting_lines(status: RoomStatus) -> list[str]:
    waiting = [
        say_count("{count} message to answer", "{count} messages to answer", status.backlog)
        if status.backlog
        else "",
        say_count("{count} post to send", "{count} posts to send", status.posts_waiting)
        if status.posts_waiting
        else "",
    ]
    named = ", ".join(filter(None, waiting))
    return [say("waiting: {what}", what=named)] if named else []


def _error_lines(status: RoomStatus) -> list[str]:
    if not status.last_error:
        return []
    error = status.last_error
    when = f", <t:{int(error.at.timestamp())}:R>" if error.at else ""
    what = on_one_line(say_reason(error.what), MOST_ERROR)
    line = Later("last error: reply #{number}{when}: {what}")
    return [say(line, number=error.number, when=when, what=what)]


def _model_lines(status: RoomStatus) -> list[str]:
    """Return the agents' models, and what else spoke today."""
    models = " · ".join(
        f"{say(agent.value)} {_model(name)}" for agent, name in status.models.items()
    )
    lines = [say("-# models: {models}", models=models)]
    if status.adapters:
        spoke = " · ".join(f"{say(agent.value)} {name}" for agent, name in status.adapters)
        lines.append(
            say("-# adapters used today: {spoke}", spoke=on_one_line(spoke, MOST_ADAPTERS))
        )
    if status.fallbacks:
        spoke = " · ".join(f"{say(agent.value)} {_model(name)}" for agent, name in status.fallbacks)
        lines.append(
            say("-# fallback models used today: {spoke}", spoke=on_one_line(spoke, MOST_ADAPTERS))
        )
    return lines


def _remembered(memory: RoomMemory) -> list[str]:
    """Return what the room remembers: themes, and what the Chatbot keeps in mind."""
    if not memory.worked_on:
        return []
    themes = ", ".join(on_one_line(theme, MOST_MODEL) for theme in sorted(memory.themes))
    lines = [say("worked on lately: {themes}", themes=themes or say("other"))]
    lines.extend(f"- {on_one_line(line, MOST_ERROR)}" for line in memory.keep_in_mind)
    return lines


def memory_buttons(
    statuses: Sequence[RoomStatus], names: Callable[[int], str]
) -> list[discord.ui.Button[Any]]:
    """Return a button for each room that remembers something; `MemoryButton` answers."""
    remembering = [one.room for one in statuses[:MOST_ROOMS] if one.memory.worked_on]
    return [
        button(
            f"memory:clear:{room.id}",
            shortened(say("Clear the memory of #{room}", room=names(room.id)), MOST_LABEL),
            emoji="🧹",
        )
        for room in remembering
    ]


def _away(health: EndpointHealth) -> str:
    """Say that an endpoint does not answer, and when the next look at it is."""
    since = (
        say(" since <t:{at}:t> (<t:{at}:R>)", at=int(health.away_since.timestamp()))
        if health.away_since
        else ""
    )
    title = on_one_line(say_reason(health.title), MOST_ENDPOINT)
    failed = say_count("{count} call failed", "{count} calls failed", health.failures)
    look = (
        say("next check in {seconds} s", seconds=say_number(health.next_try))
        if health.next_try
        else say("being checked")
    )
    return say(
        "⚠️ away{since}: {title}; {failed}, {look}",
        since=since,
        title=title,
        failed=failed,
        look=look,
    )


def _whose(use: LimitUse, names: Mapping[int, str]) -> str:
    subject = use.charge.subject
    if subject.scope is Scope.ROOM:
        return f"#{shortened(names.get(subject.id, str(subject.id)), MOST_MODEL)}"
    return say("bot") if subject.scope is Scope.PROCESS else say(subject.scope.value)


def _used_and_left(use: LimitUse, measure: Measure) -> tuple[str, str, str]:
    bound, used = use.charge.limit.of(measure) or 1, use.used.of(measure)
    if use.charge.subject.scope is Scope.PROCESS:
        share = min(100, 100 * used // bound)
        return f"{share} %", "", f"{100 - share} %"
    return (
        amount_text(used, measure),
        amount_text(bound, measure),
        amount_text(max(0, bound - used), measure),
    )


def _today(status: RoomStatus) -> str:
    calls = sum(used.calls for used in status.usage)
    tokens = sum(used.prompt_tokens + used.completion_tokens for used in status.usage)
    cost = total_cost(status.usage)
    figures = [
        say_count("today: {count} call", "today: {count} calls", calls),
        say("{tokens} tokens", tokens=say_number(tokens)),
    ]
    figures.append(say("cost not known") if cost is None else say_dollars(cost))
    if status.latency is not None:
        figures.append(say("{seconds} s to a reply", seconds=say_number(status.latency, 1)))
    return " · ".join(figures)


def _model(name: str) -> str:
    return on_one_line(name.rsplit("/", 1)[-1], MOST_MODEL)
