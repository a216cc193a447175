"""What moderators see of a person: events, and no words of theirs."""

from __future__ import annotations

from bot.domain import Moderator, ReplyWhen, RoomSettings
from bot.domain.ratings import RatingKind
from cogs.evaluation_room.feedback import HURT
from tests.cogs.chat_room.test_crisis import DANGER
from tests.cogs.conftest import Server
from tests.cogs.control_room.test_status import answers
from tests.cogs.evaluation_room.test_feedback import say


async def test_the_events_around_a_person_and_nothing_else(room: Server) -> None:
    await room.ana.send(room.lobby, "My secret")
    await room.ben.send(room.lobby, "Mine")
    by = Moderator(room.max.id, "Max")
    for turn in (1, 2):
        await room.bot.control.ratings.rate(turn, by, RatingKind.TOO_HARSH)
    await room.ana.send(room.lobby, "Quiet")
    await room.ana.send(room.lobby, "You hurt me")
    for who in (room.ana, room.ben):
        await say(room, who, HURT, "It stung")
    await room.ana.send(room.lobby, DANGER)
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(gate=10, reply_when=ReplyWhen.ALWAYS)
    )
    await room.ana.send(room.lobby, "One more")
    (shown,) = answers(await room.max.slash(room.moderators, "person", who=room.ana))
    said = shown.embeds[0].description or ""
    head, *lines = said.splitlines()
    assert head == f"<@{room.ana.id}> in <#{room.lobby.id}>"
    assert lines[:4] == [
        "**Help lines shown**: 1",
        "**Replies to them that were reported as hurtful or wrong**: 2",
        "**Held replies**: 1",
        "**Ratings of replies to them**: 1 too harsh",
    ]
    assert "[help was given](https://discord.com/channels/" in lines[4]
    assert [
        (line.split("](")[0].split("[")[1], line.rsplit(" · ", 1)[1]) for line in lines[5:]
    ] == [
        ("#6", "held"),
        ("#4", "reported by them, 1 other"),
        ("#1", "rated too harsh"),
    ]
    assert not {"secret", "stung"} & set(said.split())


async def test_who_is_not_on_record_has_nothing(room: Server) -> None:
    (shown,) = answers(await room.max.slash(room.lobby, "person", who=room.ben))
    assert (shown.embeds[0].description or "").count("none") == 4
