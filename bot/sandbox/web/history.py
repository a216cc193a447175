"""Pieces of a place's history, so that a page never has to hold all of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import discord
from simcord.backend.access import channel_accessible

from bot.sandbox.users.user import SandboxUser
from bot.sandbox.users.views import Command, Message
from bot.sandbox.users.visibility import view_message

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
    """The rights that the page offers somebody in a place; the server checks again later."""

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
    speakers: tuple[str, ...]
    """The names of those who may write there, whom the page can speak as."""


def open_place(
    user: SandboxUser, place_id: int, around: int | None, people: Mapping[str, SandboxUser]
) -> OpenedPlace:
    """Return the place with its latest messages, or those around one. Raises Refused."""
    user.place_id(place_id)
    piece = read_around(user, place_id, around) if around else read_before(user, place_id)
    return OpenedPlace(
        piece=piece,
        typing=user.typing(place_id),
        commands=user.commands(place_id),
        menu=user.menu(place_id),
        rights=_rights(user, place_id),
        speakers=tuple(n for n, person in people.items() if person.may_post(place_id)),
    )


def read_before(user: SandboxUser, place_id: int, before: int | None = None) -> HistorySlice:
    """Return the messages before one, or the latest. Raises Refused."""
    ids = _list_visible(user, place_id)
    end = len(ids) if before is None else bisect_left(ids, before)
    return _read_slice(user, place_id, ids, end - PIECE, end)


def read_after(user: SandboxUser, place_id: int, after: int) -> HistorySlice:
    """Return the messages after one. Raises Refused."""
    ids = _list_visible(user, place_id)
    start = bisect_right(ids, after)
    return _read_slice(user, place_id, ids, start, start + PIECE)


def read_around(user: SandboxUser, place_id: int, message_id: int) -> HistorySlice:
    """Return the messages around one. Raises Refused."""
    ids = _list_visible(user, place_id)
    start = bisect_left(ids, message_id) - PIECE // 2
    return _read_slice(user, place_id, ids, start, start + PIECE)


def _read_slice(
    user: SandboxUser, place_id: int, ids: list[int], start: int, end: int
) -> HistorySlice:
    start, end = max(0, start), min(len(ids), end)
    stored = user.sandbox.messages[place_id]
    messages = tuple(view_message(user.sandbox, stored[i], user.id) for i in ids[start:end])
    return HistorySlice(messages, older=start > 0, newer=end < len(ids))


def _list_visible(user: SandboxUser, place_id: int) -> list[int]:
    """Return the ids of all that they may read there, the oldest first."""
    user.place_id(place_id)  # refuses what is not theirs
    if not channel_accessible(user.sandbox, place_id, user.id, history=True):
        return []
    stored = user.sandbox.messages[place_id]
    return sorted(i for i, message in stored.items() if message.visible_to(user.id))


def _rights(user: SandboxUser, place_id: int) -> PlaceRights:
    held = discord.Permissions(user.sandbox.compute_permissions(user.guild_id, user.id, place_id))
    return PlaceRights(held.attach_files, held.add_reactions, held.manage_messages)
