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
    said = [f"{latency * 1000:.0f} ms to Discord"] if latency < 60 else []
    if shard_count > 1:
        named = ", ".join(map(str, shards)) or "all"
        said.append(f"shards served here: {named} of {shard_count}")
    return f"-# {' · '.join(said)}" if said else ""


def usage_table(usage: Sequence[AgentUsage]) -> str:
    """Return calls, tokens and cost by agent and model, as a table for a code block."""
    rows = [("agent", "model", "calls", "failed", "tokens in", "out", "s a call", "cost")]
    rows.extend(
        (
            used.agent.value,
            _model(used.model),
            f"{used.calls:,}",
            f"{used.failed:,}",
            f"{used.prompt_tokens:,}",
            f"{used.completion_tokens:,}",
            f"{used.seconds / max(1, used.calls):.1f}",
            "-" if used.cost is None else f"${used.cost:.2f}",
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
        (_whose(use, names), measure.value, *_used_and_left(use, measure))
        for use in uses
        for measure in use.charge.limit.bounds
    ]
    head = ("limit of", "in", "used", "of", "left")
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
    room = status.room
    lines = [f"**<#{room.id}> · {status.state}**"]
    if room.paused and room.pause_reason:
        lines.append(f"because: {on_one_line(room.pause_reason, MOST_ERROR)}")
    if status.turn:
        since = f" since <t:{int(status.since.timestamp())}:R>" if status.since else ""
        lines.append(f"reply #{status.turn.number} is in the {status.place}{since}")
    if room.therapist:
        lines.append(f"Therapist: {shown_name(room.therapist.name)}")
    waiting = [(status.backlog, "message to answer"), (status.posts_waiting, "post to send")]
    if named := [_count(number, noun) for number, noun in waiting if number]:
        lines.append(f"waiting: {', '.join(named)}")
    lines.append(_today(status))
    if status.last_error:
        error = status.last_error
        when = f", <t:{int(error.at.timestamp())}:R>" if error.at else ""
        what = on_one_line(error.what, MOST_ERROR)
        lines.append(f"last error: reply #{error.number}{when}: {what}")
    lines.extend(_away(health) for health in status.away[:MOST_AWAY])
    lines.extend(_remembered(status.memory))
    models = " · ".join(f"{agent.value} {_model(name)}" for agent, name in status.models.items())
    lines.append(f"-# models: {models}")
    if status.adapters:
        spoke = " · ".join(f"{agent.value} {name}" for agent, name in status.adapters)
        lines.append(f"-# adapters used today: {on_one_line(spoke, MOST_ADAPTERS)}")
    if status.fallbacks:
        spoke = " · ".join(f"{agent.value} {_model(name)}" for agent, name in status.fallbacks)
        lines.append(f"-# fallback models used today: {on_one_line(spoke, MOST_ADAPTERS)}")
    return lines


def _remembered(memory: RoomMemory) -> list[str]:
    """Return what the room remembers: themes, and what the Chatbot keeps in mind."""
    if not memory.worked_on:
        return []
    themes = ", ".join(on_one_line(theme, MOST_MODEL) for theme in sorted(memory.themes))
    lines = [f"worked on lately: {themes or 'other'}"]
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
            shortened(f"Clear the memory of #{names(room.id)}", MOST_LABEL),
            emoji="🧹",
        )
        for room in remembering
    ]


def _away(health: EndpointHealth) -> str:
    """Say that an endpoint does not answer, and when the next look at it is."""
    since = f" since <t:{int(health.away_since.timestamp())}:R>" if health.away_since else ""
    title = on_one_line(health.title, MOST_ENDPOINT)
    failed = f"{_count(health.failures, 'call')} failed"
    look = f"next check in {health.next_try:.0f} s" if health.next_try else "being checked"
    return f"⚠️ away{since}: {title}; {failed}, {look}"


def _whose(use: LimitUse, names: Mapping[int, str]) -> str:
    subject = use.charge.subject
    if subject.scope is Scope.ROOM:
        return f"#{shortened(names.get(subject.id, str(subject.id)), MOST_MODEL)}"
    return "bot" if subject.scope is Scope.PROCESS else subject.scope.value


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
    figures = [f"today: {_count(calls, 'call')}", f"{tokens:,} tokens"]
    figures.append("cost not known" if cost is None else f"${cost:.2f}")
    if status.latency is not None:
        figures.append(f"{status.latency:.1f} s to a reply")
    return " · ".join(figures)


def _model(name: str) -> str:
    return on_one_line(name.rsplit("/", 1)[-1], MOST_MODEL)


def _count(number: int, noun: str) -> str:
    first, _, rest = noun.partition(" ")
    return f"{number:,} {first}{'s' * (number != 1)} {rest}".rstrip()
