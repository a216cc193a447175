"""Pieces of a place's history, so that a page never has to hold all of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Final

import discord
from simcord.backend.access import channel_accessible

from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.views import Command, Message
from bot.sandbox.users.visibility import message_of

PIECE: Final = 60
"""Messages in one piece: about two screens."""


@dataclass(frozen=True, slots=True)
class HistorySlice:
    """Messages in a row, oldest first, and whether there are more on either side."""

    messages: tuple[Message, ...]
    older: bool
    newer: bool


@dataclass(frozen=True, slots=True)
class PlaceRights:
    """What the page offers somebody in a place; the server checks again when it is done."""

    attach: bool
    react: bool
    manage: bool


@dataclass(frozen=True, slots=True)
class OpenedPlace:
    """A place that somebody has opened, with all that can be done there."""

    piece: HistorySlice
    typing: tuple[str, ...]
    commands: tuple[Command, ...]
    menu: tuple[str, ...]
    rights: PlaceRights


def open_place(person: SandboxUser, place_id: int, around: int | None) -> OpenedPlace:
    """The place with its latest messages, or those around one. Raises Refused."""
    person.place_id(place_id)
    piece = slice_around(person, place_id, around) if around else slice_before(person, place_id)
    return OpenedPlace(
        piece=piece,
        typing=person.typing(place_id),
        commands=person.commands(place_id),
        menu=person.menu(place_id),
        rights=_rights(person, place_id),
    )


def slice_before(person: SandboxUser, place_id: int, before: int | None = None) -> HistorySlice:
    """The messages before one, or the latest. Raises Refused."""
    ids = _visible(person, place_id)
    end = len(ids) if before is None else bisect_left(ids, before)
    return _piece(person, place_id, ids, end - PIECE, end)


def slice_after(person: SandboxUser, place_id: int, after: int) -> HistorySlice:
    """The messages after one. Raises Refused."""
    ids = _visible(person, place_id)
    start = bisect_right(ids, after)
    return _piece(person, place_id, ids, start, start + PIECE)


def slice_around(person: SandboxUser, place_id: int, message_id: int) -> HistorySlice:
    """The messages around one. Raises Refused."""
    ids = _visible(person, place_id)
    start = bisect_left(ids, message_id) - PIECE // 2
    return _piece(person, place_id, ids, start, start + PIECE)


def _piece(
    person: SandboxUser, place_id: int, ids: list[int], start: int, end: int
) -> HistorySlice:
    start, end = max(0, start), min(len(ids), end)
    kept = person.sandbox.messages[place_id]
    shown = tuple(message_of(person.sandbox, kept[i], person.id) for i in ids[start:end])
    return HistorySlice(shown, older=start > 0, newer=end < len(ids))


def _visible(person: SandboxUser, place_id: int) -> list[int]:
    """The ids of all that they may read there, the oldest first."""
    person.place_id(place_id)  # refuses what is not theirs
    if not channel_accessible(person.sandbox, place_id, person.id, history=True):
        return []
    kept = person.sandbox.messages[place_id]
    return sorted(i for i, message in kept.items() if message.visible_to(person.id))


def _rights(person: SandboxUser, place_id: int) -> PlaceRights:
    held = discord.Permissions(
        person.sandbox.compute_permissions(person.guild_id, person.id, place_id)
    )
    return PlaceRights(held.attach_files, held.add_reactions, held.manage_messages)
