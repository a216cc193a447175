"""The checks of `/setup` before a channel becomes a room: pure, so that they are tested whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import discord

from bot.domain.permissions import REQUIRED_PERMISSIONS, ChannelPurpose, RequiredPermission
from bot.text.moderator_texts import say

MOST_ROLES: Final = 30
"""Roles that are named."""


@dataclass(frozen=True, slots=True)
class CheckedChannel:
    """The facts about a channel. ``rights`` are the bot's; None if it is not there."""

    id: int
    name: str
    kind: discord.ChannelType
    rights: discord.Permissions | None
    public: bool
    """Whether everybody can see it."""
    through: str = ""
    """The role that everybody has, where it is by this one."""
    seen_by: tuple[str, ...] = ()
    """The roles that can see it, beside those of administrators."""


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """The channels that are to take the seats."""

    chat: CheckedChannel
    moderators: CheckedChannel
    therapy: CheckedChannel

    @property
    def seats(self) -> tuple[tuple[ChannelPurpose, CheckedChannel], ...]:
        """Return each seat with its channel."""
        return (
            (ChannelPurpose.CHAT_ROOM, self.chat),
            (ChannelPurpose.MODERATORS, self.moderators),
            (ChannelPurpose.THERAPY, self.therapy),
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """Seats that channels of this server have for other Chat Rooms."""

    chat_rooms: frozenset[int] = frozenset()
    moderator_channels: frozenset[int] = frozenset()


def problems(plan: SetupPlan, taken: Taken) -> list[str]:
    """Return what stands in the way of the plan, if anything, each with how to mend it."""
    obstacles = [*_clashes(plan, taken)]
    for seat, channel in plan.seats:
        if channel.kind is not discord.ChannelType.text:
            obstacles.append(_wrong_kind(seat, channel))
    if obstacles:
        return obstacles  # permissions of the wrong channels are beside the point
    obstacles.extend(_lacking(channel, rights) for channel, rights in missing(plan).values())
    if plan.moderators.public:
        obstacles.append(_too_public(plan.moderators))
    return obstacles


def missing(plan: SetupPlan) -> dict[int, tuple[CheckedChannel, list[RequiredPermission]]]:
    """Return the permissions that the bot lacks, by channel id, each once per channel."""
    lacking: dict[int, tuple[CheckedChannel, list[RequiredPermission]]] = {}
    for seat, channel in plan.seats:
        for right in REQUIRED_PERMISSIONS[seat]:
            if not _has(channel, right):
                rights = lacking.setdefault(channel.id, (channel, []))[1]
                if right.flag not in (noted.flag for noted in rights):
                    rights.append(right)
    return lacking


def checked(plan: SetupPlan) -> list[str]:
    """Return one line per seat with a tick or a cross for each permission."""
    lines = []
    for seat, channel in plan.seats:
        key_value = (
            f"{_mark(channel, right)} {say(right.label)}" for right in REQUIRED_PERMISSIONS[seat]
        )
        lines.append(f"<#{channel.id}>, {say(seat.value)}: {' · '.join(key_value)}")
    return lines


def readers(channel: CheckedChannel) -> str:
    """Say by which roles the moderator channel is seen: a role that all have would show there."""
    if channel.public:
        who = say("everybody")
    elif channel.seen_by:
        more = len(channel.seen_by) - MOST_ROLES
        who = ", ".join(channel.seen_by[:MOST_ROLES]) + (
            say(" and {more} more", more=more) if more > 0 else ""
        )
        who += say(
            ". Does every member have one of these roles? Then take View Channel from it there"
        )
    else:
        who = say("nobody else")
    return say("Who sees <#{channel}>, beside administrators: {who}.", channel=channel.id, who=who)


def _clashes(plan: SetupPlan, taken: Taken) -> Iterable[str]:
    chat, moderators, therapy = plan.chat, plan.moderators, plan.therapy
    if chat.id == moderators.id:
        yield (
            say(
                "<#{chat}> cannot be both the Chat Room and the moderator channel: scores and "
                "drafts must not be public. Choose two channels.",
                chat=chat.id,
            )
        )
    if chat.id in taken.moderator_channels:
        yield say(
            "<#{chat}> is the moderator channel of another Chat Room. Choose another one.",
            chat=chat.id,
        )
    if moderators.id in taken.chat_rooms:
        yield say(
            "<#{moderators}> is a Chat Room itself. Choose another moderator channel.",
            moderators=moderators.id,
        )
    if therapy.id in taken.chat_rooms - {chat.id}:
        yield say(
            "<#{therapy}> is another Chat Room. Choose another home for the therapy threads.",
            therapy=therapy.id,
        )


def _wrong_kind(seat: ChannelPurpose, channel: CheckedChannel) -> str:
    kind = channel.kind.name.replace("_", " ").replace("news", "announcement")
    extra = (
        say(" Private threads exist in text channels only.")
        if seat is ChannelPurpose.THERAPY
        else ""
    )
    return say(
        "<#{channel}> is a “{kind}” channel and cannot be {seat}. Choose a normal text "
        "channel.{extra}",
        channel=channel.id,
        kind=kind,
        seat=say(seat.value),
        extra=extra,
    )


def _lacking(channel: CheckedChannel, rights: Sequence[RequiredPermission]) -> str:
    named = ", ".join(f"**{say(right.label)}** ({say(right.why)})" for right in rights)
    allow = ", ".join(say(right.label) for right in rights)
    seen = channel.rights is not None and channel.rights.view_channel
    lacking = say("In <#{channel}> I lack {rights}.", channel=channel.id, rights=named)
    how = say(
        "Edit #{name} → Permissions → my role → allow {allow}.", name=channel.name, allow=allow
    )
    if not seen:
        lacking = say(
            "I cannot see <#{channel}>. There I need {rights}.", channel=channel.id, rights=named
        )
        how = say(
            "Edit #{name} → Permissions → add my role → allow {allow}.",
            name=channel.name,
            allow=allow,
        )
    return f"{lacking} {how}"


def _too_public(channel: CheckedChannel) -> str:
    through = say(" through {through}", through=channel.through) if channel.through else ""
    return say(
        "Everybody can see <#{channel}>{through}, and drafts and scores would be "
        "posted there. Edit #{name} → Permissions → make it a private channel, and "
        "add the moderators and me.",
        channel=channel.id,
        through=through,
        name=channel.name,
    )


def _mark(channel: CheckedChannel, right: RequiredPermission) -> str:
    return "✅" if _has(channel, right) else "❌"


def _has(channel: CheckedChannel, right: RequiredPermission) -> bool:
    return channel.rights is not None and bool(getattr(channel.rights, right.flag))
