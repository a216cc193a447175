"""`/pause` and `/resume`, and the buttons below what they answer and post."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.domain import Act, Room
from bot.domain.act_details import ExtendPauseDetails, PauseServerDetails, ResumeServerDetails
from bot.rooms.chat.splitting import split_text
from bot.text.moderator_texts import say
from cogs.control_room.act_view import set_aside
from cogs.control_room.pause_view import (
    MORE_MINUTES,
    ON_ITS_WAY,
    ROOMS_A_MESSAGE,
    pause_buttons,
    render_extended,
    render_not_paused,
    render_paused,
    render_still_paused,
    replace_buttons,
)
from cogs.shared.access import WHICH_OR_ALL, Asked, ForWhom, as_moderator, moderators_only
from cogs.shared.components import NUMBER, PersistentControl, view
from cogs.shared.delivery import DISCORD_ERRORS
from cogs.shared.lookups import require_all_rooms, room_here
from cogs.shared.room_commands import (
    RoomCommand,
    RoomCommands,
    RoomRequest,
    carried_words,
    carry_words,
)

LONGEST_PAUSE: Final = 7 * 24 * 60
"""Minutes of a pause that ends by itself: a week; a longer one is a pause without end."""

Minutes = app_commands.Range[int, 1, LONGEST_PAUSE]
Reason = app_commands.Range[str, 1, 400]
SAID_AFTER: Final = 3.0
"""Seconds after which moderators read what a pause waits for."""
PausedT = TypeVar("PausedT")
EVERYWHERE: Final = "all Chat Rooms of the server"


class PauseButton(
    PersistentControl,
    template=(
        rf"pause:(?P<what>resume|more|replace|keep):(?P<room>{NUMBER}):(?P<mark>{NUMBER}):"
        r"(?P<minutes>\d{1,5})"
    ),
):
    """One of the buttons for the pause of a room, which they know by its mark."""

    for_whom = ForWhom.MODERATORS

    async def used(self, interaction: Asked) -> None:
        """Resume the room, let the pause last longer, replace it or keep it."""
        what, minutes = self.ids["what"], min(int(self.ids["minutes"]), LONGEST_PAUSE)
        asked = what in ("replace", "keep")
        if asked:
            await interaction.response.defer()
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)
        room = await room_here(interaction, int(self.ids["room"]))
        words = carried_words(interaction.message) if asked else ""
        request = RoomRequest("pause", minutes, words)
        if asked:
            await interaction.edit_original_response(view=None)
        if what == "keep":
            await interaction.followup.send(say("Nothing was changed."), ephemeral=True)
        elif what == "replace":
            await _replace(interaction, room, int(self.ids["mark"]), request)
        elif not room.paused:
            await interaction.followup.send(render_not_paused(room.id), ephemeral=True)
        elif int(self.ids["mark"]) not in (0, room.pause_mark):
            await interaction.followup.send(
                say("That pause is over. There is another:"), ephemeral=True
            )
            await _show_paused(interaction, [room])
        elif what == "more":
            await _extend(interaction, room)
        else:
            await _resume(interaction, [room], RoomRequest("resume", 1))


class PausesCog(commands.Cog):
    """The cog with which moderators stop Chat Rooms and let them go on."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self.bot = bot
        self._commands = bot.service(RoomCommands)

    async def cog_load(self) -> None:
        """Answer the buttons, and the menus of both commands."""
        self.bot.add_dynamic_items(PauseButton)
        self._commands["pause"] = RoomCommand(_pause, several=True)
        self._commands["resume"] = RoomCommand(_resume, several=True)

    @app_commands.command()
    @app_commands.describe(
        channel=WHICH_OR_ALL,
        minutes="minutes until it resumes by itself; if left out, it stays paused",
        reason="why, for the other moderators",
        everywhere=EVERYWHERE,
    )
    @moderators_only
    async def pause(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        minutes: Minutes | None = None,
        reason: Reason | None = None,
        everywhere: bool = False,
    ) -> None:
        """Stops all replies in the Chat Room until it is resumed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        request = RoomRequest("pause", minutes or 0, reason or "")
        if everywhere:
            await _pause_server(interaction, request)
        else:
            await self._commands.give(interaction, channel, request)

    @app_commands.command()
    @app_commands.describe(
        channel=WHICH_OR_ALL,
        answer_meanwhile="answer what was said during the pause; yes, if left out",
        reason="why, for the other moderators",
        everywhere=EVERYWHERE,
    )
    @moderators_only
    async def resume(
        self,
        interaction: Asked,
        channel: discord.TextChannel | None = None,
        answer_meanwhile: bool = True,
        reason: Reason | None = None,
        everywhere: bool = False,
    ) -> None:
        """Lets the Chat Room go on where it was paused."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        request = RoomRequest("resume", int(answer_meanwhile), reason or "")
        if everywhere:
            await _resume_server(interaction, request)
        else:
            await self._commands.give(interaction, channel, request)


async def _pause(interaction: Asked, rooms: Sequence[Room], request: RoomRequest) -> None:
    """Pause the rooms that are not paused; say of the others that they are, and ask."""
    acts = await _say_if_it_takes_long(
        interaction,
        interaction.client.control.pauses.pause_rooms(
            [room.id for room in rooms],
            as_moderator(interaction),
            minutes=min(request.number, LONGEST_PAUSE) or None,
            reason=request.words,
            after=interaction.id,
        ),
    )
    await _answer_pause(interaction, rooms, {act.room_id for act in acts}, request)


async def _pause_server(interaction: Asked, request: RoomRequest) -> None:
    await require_all_rooms(interaction)
    client, guild_id = interaction.client, interaction.guild_id or 0
    act = await _say_if_it_takes_long(
        interaction,
        client.control.pauses.pause_server(
            guild_id,
            as_moderator(interaction),
            minutes=request.number or None,
            reason=request.words,
            after=interaction.id,
        ),
    )
    rooms = await client.stores.rooms.of_guild(guild_id)
    details = act.details if act else None
    paused = details.rooms if isinstance(details, PauseServerDetails) else ()
    await _answer_pause(interaction, rooms, {*paused}, request)


async def _say_if_it_takes_long(
    interaction: Asked, pausing: Coroutine[Any, Any, PausedT]
) -> PausedT:
    """Return what pausing gives; say meanwhile that a reply is on its way, where it waits for one.

    It goes on whatever becomes of the command.
    """
    task = asyncio.create_task(pausing, name="pause")
    done, _ = await asyncio.wait({task}, timeout=SAID_AFTER)
    if not done:
        with suppress(*DISCORD_ERRORS):
            await interaction.edit_original_response(content=say(ON_ITS_WAY))
        await asyncio.wait({task})
    return task.result()


async def _answer_pause(
    interaction: Asked, rooms: Sequence[Room], newly: set[int | None], request: RoomRequest
) -> None:
    """Name each room that is paused now, then ask about those that had been before."""
    now = [await room_here(interaction, room.id) for room in rooms]
    await _show_paused(interaction, [room for room in now if room.id in newly])
    kept = carry_words(request.words)
    for room in now:
        if room.id in newly:
            continue
        if not room.paused:  # somebody has resumed it at this very moment
            await interaction.followup.send(render_not_paused(room.id), ephemeral=True)
            continue
        await interaction.followup.send(
            render_still_paused(room),
            embeds=[kept] if kept else [],
            view=view(replace_buttons(room, request.number)),
            ephemeral=True,
        )


async def _show_paused(interaction: Asked, rooms: Sequence[Room]) -> None:
    pauses = interaction.client.control.pauses
    for begin in range(0, len(rooms), ROOMS_A_MESSAGE):
        some = rooms[begin : begin + ROOMS_A_MESSAGE]
        marks = [(room.id, room.pause_mark) for room in some]
        await interaction.followup.send(
            render_paused(some, {room.id for room in some if pauses.may_appear(room.id)}),
            view=view(pause_buttons(marks, interaction.client.name_of)),
            ephemeral=True,
        )


async def _replace(interaction: Asked, room: Room, mark: int, request: RoomRequest) -> None:
    """Put a pause in the place of the one that was asked about, or ask about what is there now."""
    act = await interaction.client.control.pauses.pause(
        room.id,
        as_moderator(interaction),
        minutes=request.number or None,
        reason=request.words,
        instead_of=mark if room.paused else 0,
    )
    await _answer_pause(interaction, [room], {act.room_id} if act else set(), request)


async def _extend(interaction: Asked, room: Room) -> None:
    by = as_moderator(interaction)
    act = await interaction.client.control.pauses.extend(room.id, by, MORE_MINUTES)
    details = act.details
    until = details.until if isinstance(details, ExtendPauseDetails) else None
    await interaction.followup.send(render_extended(room.id, until), ephemeral=True)


async def _resume(interaction: Asked, rooms: Sequence[Room], request: RoomRequest) -> None:
    """Let the rooms go on that are paused; say of the others that they are not."""
    pauses, by = interaction.client.control.pauses, as_moderator(interaction)
    answers = bool(request.number)
    lines = []
    for room in rooms:
        act = await pauses.resume(room.id, by, reason=request.words, answer_meanwhile=answers)
        lines.append(_render_resumed(room.id, act))
    await _send_lines(interaction, lines)


async def _resume_server(interaction: Asked, request: RoomRequest) -> None:
    await require_all_rooms(interaction)
    client, guild_id = interaction.client, interaction.guild_id or 0
    act = await client.control.pauses.resume_server(
        guild_id,
        as_moderator(interaction),
        reason=request.words,
        answer_meanwhile=bool(request.number),
    )
    details = act.details if act else None
    resumed = details.rooms if isinstance(details, ResumeServerDetails) else ()
    lines = [say("▶️ <#{room}> is answering again.", room=room_id) for room_id in resumed]
    none = say("▶️ No Chat Room here is paused: I have changed nothing.")
    await _send_lines(interaction, [*lines, set_aside(act).strip()] if act else [none])


def _render_resumed(room_id: int, act: Act | None) -> str:
    if act is None:
        return render_not_paused(room_id)
    return say("▶️ <#{room}> is answering again.", room=room_id) + set_aside(act)


async def _send_lines(interaction: Asked, lines: Sequence[str]) -> None:
    for piece in split_text("\n".join(filter(None, lines))):
        await interaction.followup.send(piece, ephemeral=True)


async def setup(bot: FourRoomsBot) -> None:
    """Load the cog."""
    await bot.add_cog(PausesCog(bot))
