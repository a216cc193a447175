"""Each control command in each kind of place, and which rooms it meant there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import discord
import pytest
from simcord.builders import ChannelHandle
from simcord.results import InteractionResult, ResponseMessage

from bot.domain import Room
from bot.errors import FourRoomsError
from cogs.shared.room_commands import QUESTION, RoomCommands
from cogs.shared.rooms_meant import Place, rooms_at
from tests.cogs.conftest import Server, new_bot, told, whispered
from tests.world import Script

# ── the rule, by itself ─────────────────────────────────────────────────────────────────────

LOBBY, GARDEN = Room(1, 9, 50, 1), Room(2, 9, 51, 70)
CELLAR = Room(3, 9, 51, 3)
STAGE = Room(4, 9, 51, 3, simulated=True)
ATTIC, ROOF = Room(5, 9, 52, 71), Room(6, 9, 53, 71)


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        (Place(1), [LOBBY]),
        (Place(100, 1), [LOBBY]),
        (Place(100, 70, session_of=2), [GARDEN]),
        (Place(100, 71, session_of=6), [ROOF]),
        (Place(50), [LOBBY]),
        (Place(51), [GARDEN, CELLAR]),
        (Place(100, 51), [GARDEN, CELLAR]),
        (Place(70), [GARDEN]),
        (Place(71), []),
        (Place(4), []),
        (Place(100, 4), []),
        (Place(100, 3, session_of=4), []),
        (Place(99), []),
    ],
)
def test_the_rooms_that_a_place_means(place: Place, meant: list[Room]) -> None:
    assert rooms_at([LOBBY, GARDEN, CELLAR, STAGE, ATTIC, ROOF], place) == meant


# ── every command, typed in every place ─────────────────────────────────────────────────────


@dataclass
class House:
    """A server with three Chat Rooms, two of which report to one channel, and a simulation."""

    server: Server
    places: dict[str, ChannelHandle]
    rooms: dict[int, str]
    meant: list[tuple[str, list[str]]]
    """The rooms that each command was carried out in."""

    async def paused(self) -> set[str]:
        rooms = await self.server.bot.stores.rooms.all()
        return {self.rooms[room.id] for room in rooms if room.paused}

    def asked(self, result: InteractionResult) -> list[str]:
        """The choices of the menu that a person was shown."""
        shown = only(result)
        assert shown.content == str(QUESTION)
        (row,) = self.server.env.backend.get_message(shown.channel_id, shown.id).components
        return [option["label"] for option in row["components"][0]["options"]]


def only(result: InteractionResult) -> ResponseMessage:
    """The one message with which a command was answered."""
    (shown,) = [*([result.response] if result.response else []), *result.followups]
    assert shown.ephemeral
    return shown


@pytest.fixture
async def house(room: Server) -> House:
    """Rooms lobby (reports to moderators), garden and cellar (report to watch), and a stage."""
    guild, bot = room.guild, room.bot
    watch = room.hidden("watch", room.bot_role, room.moderator_role, guild.roles["Admins"])
    annex = guild.create_text_channel("annex")
    garden, cellar = guild.create_text_channel("garden"), guild.create_text_channel("cellar")
    told(await room.set_up(chat=garden, moderators=watch, therapy=annex))
    told(await room.set_up(chat=cellar, moderators=watch, therapy=annex))
    await room.ana.send(garden, "Hi")
    (session,) = annex.threads
    stage = guild.create_text_channel("stage")
    like = await room.room()
    simulated = replace(like, id=stage.id, simulated=True)
    await bot.stores.rooms.bind(simulated)
    other = room.env.create_guild("Elsewhere")
    places = {
        "chat room": room.lobby,
        "its thread": thread_in(room, room.lobby),
        "therapy thread": session,
        "moderators of one": room.moderators,
        "moderators of two": watch,
        "simulated room": stage,
        "elsewhere": guild.create_text_channel("kitchen"),
        "cellar": cellar,
        "other server": other.create_text_channel("hall"),
    }
    named = {room.lobby.id: "lobby", garden.id: "garden", cellar.id: "cellar", stage.id: "stage"}
    house = House(room, places, named, [])
    commands = bot.service(RoomCommands)
    for name, command in [*commands.items()]:
        commands[name] = replace(command, carry_out=noted(house, command.carry_out))
    return house


def noted(house: House, carry_out: Callable[..., Any]) -> Callable[..., Any]:
    async def carry_out_and_note(interaction: Any, rooms: list[Room], request: Any) -> None:
        house.meant.append((request.command, [house.rooms[room.id] for room in rooms]))
        await carry_out(interaction, rooms, request)

    return carry_out_and_note


def thread_in(server: Server, channel: ChannelHandle) -> ChannelHandle:
    """A public thread that somebody has opened in a channel."""
    server.env.backend.create_thread(channel.id, "aside", server.ana.id)
    return next(thread for thread in channel.threads if thread.name == "aside")


COMMANDS: dict[str, dict[str, Any]] = {
    "pause": {},
    "resume": {},
    "query": {},
    "checkin": {},
    "reflect": {},
    "settings": {},
    "guide": {"text": "Be brief."},
    "guidance list": {},
    "therapist take": {},
    "therapist release": {},
    "status": {},
    "usage": {},
    "scores": {},
    "session": {},
}
SEVERAL = {"pause", "resume", "status", "usage", "scores"}
"""Those that are about all the rooms that are meant; the others are about one, and ask which."""
MINE = ["#lobby", "#garden", "#cellar"]
PLACES: dict[str, list[str]] = {
    "chat room": ["lobby"],
    "its thread": ["lobby"],
    "therapy thread": ["garden"],
    "moderators of one": ["lobby"],
    "moderators of two": ["garden", "cellar"],
    "simulated room": [],
    "elsewhere": [],
}


async def give(house: House, command: str, place: str, **more: Any) -> InteractionResult:
    server = house.server
    who = server.ada if command == "settings" else server.max
    return await who.slash(house.places[place], command, **COMMANDS[command], **more)


@pytest.mark.parametrize("place", PLACES)
async def test_which_rooms_each_command_means(house: House, place: str) -> None:
    meant = PLACES[place]
    assert {*house.server.bot.service(RoomCommands)} == {*COMMANDS}, "each is typed here"
    for command in COMMANDS:
        house.meant.clear()
        result = await give(house, command, place)
        if meant and (len(meant) == 1 or command in SEVERAL):
            assert house.meant == [(command, meant)], command
        else:
            assert house.meant == [], command
            choices = [f"#{name}" for name in meant] or MINE
            everything = ["All of mine"] * (command in SEVERAL)
            assert house.asked(result) == [*everything, *choices], command
        still = {*meant} if command == "pause" else set()
        assert await house.paused() == still, command
    assert all(isinstance(cause(error), FourRoomsError) for error in house.server.env.errors)


def cause(error: BaseException) -> BaseException:
    return getattr(error, "original", error)


async def test_in_another_server_nothing_of_this_one_is_meant(house: House) -> None:
    hall = house.places["other server"]
    guild = hall.guild
    assert guild is not None
    rights = discord.Permissions(manage_messages=True, manage_guild=True)
    user = house.server.env.create_user("zoe", global_name="Zoe")
    zoe = guild.add_member(user, roles=[guild.create_role("Admins", permissions=rights)])
    await house.server.env.settle()
    for command, options in COMMANDS.items():
        result = await zoe.slash(hall, command, **options)
        assert "no Chat Room here yet" in told(result), command
    assert house.meant == []
    assert await house.paused() == set()
    assert len(house.server.env.errors) == len(COMMANDS)


async def test_in_a_direct_message_there_is_no_command(house: House) -> None:
    assert house.server.env.create_user("zoe").available_commands() == ()
    assert house.server.max.available_commands(house.places["elsewhere"]) != ()


async def test_a_simulated_room_is_meant_by_its_name(house: House) -> None:
    stage = house.places["simulated room"]
    assert "is paused" in told(await give(house, "pause", "elsewhere", channel=stage))
    assert await house.paused() == {"stage"}


# ── the menu ────────────────────────────────────────────────────────────────────────────────


async def test_the_menu_carries_the_command_out_also_after_a_restart(
    house: House, script: Script
) -> None:
    server = house.server
    shown = only(await give(house, "pause", "elsewhere", minutes=7, reason="a *raid*"))
    assert await house.paused() == set()
    await server.env.restart_bot(new_bot(server.bot.stores, script))
    room_id = next(room_id for room_id, name in house.rooms.items() if name == "garden")
    result = await server.max.select(shown, [str(room_id)])
    assert f"<#{room_id}> is paused by **Max** until <t:" in whispered(result)
    assert await house.paused() == {"garden"}
    paused = await server.bot.stores.rooms.get(room_id)
    assert paused is not None
    assert paused.pause_reason == "a *raid*"


async def test_all_of_mine_is_a_choice_and_leaves_the_simulation_alone(house: House) -> None:
    shown = only(await give(house, "pause", "simulated room"))
    await house.server.max.select(shown, ["all"])
    assert await house.paused() == {"lobby", "garden", "cellar"}


async def test_guidance_reaches_the_room_that_was_chosen(house: House) -> None:
    shown = only(await give(house, "guide", "moderators of two", turns=3))
    room_id = house.places["cellar"].id
    assert "for 3 replies" in whispered(await house.server.max.select(shown, [str(room_id)]))
    (guidance,) = await house.server.bot.control.guidance.list(room_id)
    assert guidance.text == "Be brief."


@pytest.mark.parametrize("value", ["stage", "404", "all", "x"])
async def test_a_choice_that_was_not_offered_is_refused(house: House, value: str) -> None:
    server = house.server
    shown = only(await give(house, "query", "elsewhere"))
    chosen = str(house.places["simulated room"].id) if value == "stage" else value
    rows = server.env.backend.get_message(shown.channel_id, shown.id).components
    rows[0]["components"][0]["options"].append({"label": "forged", "value": chosen})
    assert "no longer there" in whispered(await server.max.select(shown, [chosen]))
    assert house.meant == []


async def test_who_has_ceased_to_moderate_the_room_is_refused(house: House) -> None:
    server = house.server
    shown = only(await give(house, "pause", "elsewhere"))
    server.allow(server.lobby, server.moderator_role, manage_messages=False)
    result = await server.max.select(shown, [str(server.lobby.id)])
    assert "Only moderators of" in whispered(result)
    assert await house.paused() == set()


async def test_of_rooms_that_report_here_only_ones_own_are_taken_and_that_is_said(
    house: House,
) -> None:
    server = house.server
    server.allow(house.places["cellar"], server.moderator_role, manage_messages=False)
    said = told(await give(house, "pause", "moderators of two"))
    assert await house.paused() == {"garden"}
    assert "1 other Chat Room reports here that you do not moderate" in said


async def test_what_reports_elsewhere_is_not_offered_to_others(house: House) -> None:
    server = house.server
    server.allow(house.places["cellar"], server.moderator_role, manage_messages=False)
    assert house.asked(await give(house, "query", "elsewhere")) == ["#lobby", "#garden"]


async def test_more_rooms_than_a_menu_takes_stand_in_several(house: House) -> None:
    like = await house.server.room()
    for number in range(60):
        await house.server.bot.stores.rooms.bind(replace(like, id=1000 + number))
    shown = only(await give(house, "pause", "elsewhere"))
    rows = house.server.env.backend.get_message(shown.channel_id, shown.id).components
    menus = [row["components"][0] for row in rows]
    assert [len(menu["options"]) for menu in menus] == [25, 25, 14]
    offered = [option["value"] for menu in menus for option in menu["options"]]
    assert len({*offered}) == 64
