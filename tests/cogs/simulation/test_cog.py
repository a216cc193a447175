"""`/simulate`: an AI User talks with the Chatbot in a channel, for an audience."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import discord
import pytest
from simcord.backend.errors import OptionError
from simcord.builders import ChannelHandle
from simcord.env import Env

from bot.agents.user import User, UserLine
from bot.domain import Line, TurnState, UserMessage
from bot.errors import LLMRefused
from bot.llm.protocol import CallContext
from bot.prompting.user_personas import UserPersona
from cogs.simulation.cog import CannotSimulate
from cogs.simulation.view import announced, render_line
from tests.cogs.conftest import Server, new_bot, refused, told, whispered
from tests.simulation.model import person
from tests.world import Script


class ScriptedUser(User):
    """Says how often it has spoken; may leave, fail, or wait."""

    leaves_with = 99
    error: Exception | None = None
    gate: asyncio.Event | None = None
    env: Env

    def __init__(self, persona: UserPersona) -> None:
        self.persona = persona

    async def next(self, lines: Sequence[Line], ctx: CallContext) -> UserLine:
        if self.gate is not None:
            await self.env.external_wait(self.gate.wait(), reason="the AI User thinks")
        if self.error is not None:
            raise self.error
        number = sum(not line.by_chatbot for line in lines) + 1
        return UserLine(f"line {number} @everyone", ends=number >= self.leaves_with)


@pytest.fixture
def user(room: Server) -> type[ScriptedUser]:
    """The AI User of the bot, as a class whose attributes a test sets."""

    class Own(ScriptedUser):
        pass

    Own.env = room.env
    engine = room.bot.engine
    engine.agents = replace(engine.agents, user=Own)
    return Own


@pytest.fixture
def stage(room: Server) -> ChannelHandle:
    return room.guild.create_text_channel("stage")


async def start(room: Server, stage: ChannelHandle, **options: object) -> str:
    given = {"persona": "shy", "channel": stage, **options}
    said = told(await room.max.slash(room.moderators, "simulate", **given))
    await room.env.settle()
    return said


async def start_refused(
    room: Server, where: ChannelHandle, error: str = "CannotSimulate", **options: object
) -> str:
    given = {"persona": "shy", "channel": where, **options}
    result = await room.max.slash(room.moderators, "simulate", **given)
    return refused(room, result, error)


def shown(room: Server, stage: ChannelHandle) -> list[str]:
    return [message.content for message in room.seen(stage, room.ana)]


async def test_a_talk_is_held_in_the_channel_and_marked_at_every_line(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    assert await start(room, stage, turns=2) == f"🎭 It starts in <#{stage.id}>."
    notice, first, reply, second, again, end = shown(room, stage)
    assert notice.startswith("🎭 **A simulation.** Two language models talk here")
    assert "started by Max" in notice
    assert first.startswith("🎭 **Linnea** (simulated): line 1 ")
    assert "@everyone" not in first
    assert reply == "The first thought on line 1 @\u200beveryone."
    assert second.startswith("🎭 **Linnea** (simulated): line 2 ")
    assert again == "The first thought on line 2 @\u200beveryone."
    assert end == "🎭 **End of the simulation.** All its replies are given."


async def test_it_is_on_the_record_as_simulated_and_cards_go_to_the_moderators(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    await start(room, stage, turns=1, chatbot="narcissistic")
    kept = await room.bot.stores.rooms.get(stage.id)
    assert kept is not None
    assert kept.simulated
    assert kept.settings.persona == "narcissistic"
    assert kept.id not in [one.id for one in await room.bot.stores.rooms.all()], "it is over"
    assert any("**Max** lets a model play" in act for act in room.acts())
    (card,) = room.cards()
    assert str(card.title).startswith("🎭 ")
    assert stage.id not in room.bot.rooms


async def test_the_person_may_leave(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    user.leaves_with = 1
    await start(room, stage, turns=5)
    assert shown(room, stage)[-1] == "🎭 **End of the simulation.** Linnea left."
    assert len(shown(room, stage)) == 4


async def test_a_chat_room_is_refused(room: Server, user: type[ScriptedUser]) -> None:
    said = await start_refused(room, room.lobby)
    assert "is a Chat Room: people talk there" in said
    assert room.replies() == []
    kept = await room.room()
    assert not kept.simulated


async def test_what_people_say_there_is_not_answered(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    await start(room, stage, turns=1)
    before = shown(room, stage)
    await room.ana.send(stage, "Hello?")
    await room.env.settle()
    assert shown(room, stage) == [*before, "Hello?"]


async def test_only_moderators_may_start_one(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    room.give("simulate", room.ana)
    result = await room.ana.slash(stage, "simulate", persona="shy", channel=stage)
    assert "Only moderators" in refused(room, result, "NotAllowed")
    assert shown(room, stage) == []


async def test_the_button_stops_it_with_the_next_answer(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser], script: Script
) -> None:
    user.gate = asyncio.Event()
    await start(room, stage, turns=5)
    (notice,) = room.seen(stage, room.max)
    assert "A simulation is running" in await start_refused(room, stage)
    assert whispered(await room.max.click(notice, label="Stop")) == "It stops with the next answer."
    user.gate.set()
    await room.env.settle()
    assert shown(room, stage)[-1] == "🎭 **End of the simulation.** It was stopped."
    assert script.called.count("draft") == 1
    assert whispered(await room.max.click(notice, label="Stop")) == "That simulation is over."


async def test_the_button_is_for_moderators(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    await start(room, stage, turns=1)
    notice = room.seen(stage, room.ana)[0]
    assert "Only moderators" in whispered(await room.ana.click(notice, label="Stop"))


async def test_a_user_without_words_ends_it_with_a_word(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    user.error = LLMRefused("nothing to say")
    await start(room, stage)
    assert shown(room, stage)[-1].endswith("It broke off: something went wrong.")
    user.error = None
    await start(room, stage, turns=1)
    assert shown(room, stage)[-1].endswith("All its replies are given.")


async def test_without_a_model_for_the_user_it_says_what_to_set(
    room: Server, stage: ChannelHandle
) -> None:
    assert "USER_MODEL" in await start_refused(room, stage)


async def test_a_channel_where_it_may_not_write_is_refused(
    room: Server, user: type[ScriptedUser]
) -> None:
    dark = room.hidden("dark", room.moderator_role)
    said = await start_refused(room, dark)
    assert "I need View Channel" in said


async def test_a_simulation_does_not_make_other_commands_ask_which_room(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    await start(room, stage, turns=1)
    assert "is paused" in told(await room.max.slash(room.moderators, "pause"))
    assert (await room.room()).paused


def test_words_and_names_cannot_pass_for_something_else() -> None:
    shown_line = render_line("**Admin** <@1>", "x" * 3000 + " @everyone")
    assert len(shown_line) <= 2000
    assert "<@1>" not in shown_line
    assert "<@1>" not in announced(person("shy").model_copy(update={"person": "<@1>"}), 3, "<@2>")
    assert issubclass(CannotSimulate, Exception)
    assert discord.utils.escape_markdown("*") in render_line("a*b", "hi")


async def test_who_may_not_write_in_a_channel_may_not_simulate_there(
    room: Server, user: type[ScriptedUser]
) -> None:
    quiet = room.guild.create_text_channel("quiet")
    room.allow(quiet, room.moderator_role, send_messages=False)
    result = await room.max.slash(room.moderators, "simulate", persona="shy", channel=quiet)
    assert "You may not write" in refused(room, result, "NotAllowed")


# ── where it may be, and its end ────────────────────────────────────────────────────────────


async def rooms_in_use(room: Server) -> list[int]:
    return [one.id for one in await room.bot.stores.rooms.all()]


async def test_it_is_never_in_a_moderator_channel(room: Server, user: type[ScriptedUser]) -> None:
    said = await start_refused(room, room.moderators)
    assert "is a moderator channel" in said
    assert await rooms_in_use(room) == [room.lobby.id]
    assert "is paused" in told(await room.max.slash(room.moderators, "pause"))
    assert (await room.room()).paused


async def test_it_is_never_where_therapy_threads_are(
    room: Server, user: type[ScriptedUser]
) -> None:
    annex = room.guild.create_text_channel("annex")
    await room.set_up(therapy=annex)
    assert "Therapy threads are made under" in await start_refused(room, annex)
    assert await rooms_in_use(room) == [room.lobby.id]


async def test_the_channel_has_to_be_named(room: Server, user: type[ScriptedUser]) -> None:
    with pytest.raises(OptionError, match="channel"):
        await room.max.slash(room.moderators, "simulate", persona="shy")


async def test_its_channel_is_one_like_any_other_when_it_is_over(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    user.gate = asyncio.Event()
    await start(room, stage, turns=1)
    assert await rooms_in_use(room) == [room.lobby.id, stage.id]
    user.gate.set()
    await room.env.settle()
    assert await rooms_in_use(room) == [room.lobby.id]
    assert "is a Chat Room" in told(await room.set_up(moderators=room.moderators, chat=stage))


async def test_also_where_it_broke_off(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser]
) -> None:
    user.error = LLMRefused("nothing to say")
    await start(room, stage)
    assert await rooms_in_use(room) == [room.lobby.id]


async def test_also_after_a_crash_and_nothing_of_it_goes_on(
    room: Server, stage: ChannelHandle, script: Script
) -> None:
    stores = room.bot.stores
    like = await room.room()
    await stores.rooms.bind(replace(like, id=stage.id, simulated=True))
    said = UserMessage(1, stage.id, 100, "Linnea", "Hello?", datetime.now(UTC))
    await stores.messages.add(said)
    turn = await stores.turns.claim(stage.id)
    assert turn is not None
    await room.env.restart_bot(new_bot(stores, script))
    await room.env.settle()
    assert await rooms_in_use(room) == [room.lobby.id]
    after = await stores.turns.get(turn.id)
    assert after is not None
    assert after.state is TurnState.WITHHELD
    assert "is a Chat Room" in told(await room.set_up(chat=stage))
    await room.env.settle()
    kept = await stores.rooms.get(stage.id)
    assert kept is not None
    assert not kept.simulated
    (notice,) = room.said_by_bot(stage, room.ana)
    assert "an AI" in notice.content


async def test_people_who_get_the_channel_get_nothing_of_the_simulation(
    room: Server, stage: ChannelHandle, user: type[ScriptedUser], script: Script
) -> None:
    user.gate = asyncio.Event()
    await start(room, stage, turns=5, chatbot="narcissistic")
    assert "is a Chat Room" in told(await room.set_up(chat=stage))
    kept = await room.bot.stores.rooms.get(stage.id)
    assert kept is not None
    assert not kept.simulated
    assert kept.settings.persona == "default"
    assert room.bot.rooms[stage.id] == room.guild.id
    user.gate.set()
    await room.env.settle()
    assert not [text for text in shown(room, stage) if "(simulated)" in text], "it has stopped"
    await room.ana.send(stage, "Hello?")
    await room.env.settle()
    assert shown(room, stage)[-1] == "The first thought on Hello?."


async def test_a_moderator_channel_ends_the_simulation_that_is_on_in_it(
    room: Server, user: type[ScriptedUser]
) -> None:
    dark = room.hidden("dark", room.bot_role, room.moderator_role, room.guild.roles["Admins"])
    user.gate = asyncio.Event()
    await start(room, dark, turns=5)
    assert "is a Chat Room" in told(await room.set_up(moderators=dark))
    assert await rooms_in_use(room) == [room.lobby.id]
    assert (await room.room()).moderator_channel_id == dark.id
