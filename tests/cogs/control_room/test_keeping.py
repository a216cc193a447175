"""What a shorter time of keeping would delete is said with numbers before it is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.domain import RoomSettings
from bot.storage.database.tables import turns
from bot.storage.stores.retention import OldWords
from cogs.control_room.keeping import render_question
from tests.cogs.conftest import Server, whispered
from tests.cogs.control_room.test_settings import change


async def talk_long_ago(room: Server, days: int = 30) -> None:
    """Ana and Ben have each said something, so many days ago."""
    for person in (room.ana, room.ben):
        await person.send(room.lobby, "My secret is a submarine.")
    async with room.bot.stores.turns._database.write() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=days)
        await connection.execute(update(turns).values(created_at=long_ago))


async def test_it_says_how_much_goes_and_sets_it_on_a_press(room: Server) -> None:
    await talk_long_ago(room)
    result = await change(room, "Keeping", retention_days="7", left_days="9")
    settings = (await room.room()).settings
    assert (settings.retention_days, settings.left_days) == (None, 9)
    assert "**This deletes the words of 2 replies of 2 people**" in whispered(result)
    question = next(one for one in result.followups if "This deletes" in one.content)
    done = await room.ada.click(question, label="Delete what is older than 7 days")
    assert done.response is not None
    assert "older than 7 days are deleted within a day" in done.response.content
    assert (await room.room()).settings.retention_days == 7


async def test_nothing_is_changed_if_one_thinks_better_of_it(room: Server) -> None:
    await talk_long_ago(room)
    result = await change(room, "Keeping", retention_days="7")
    question = next(one for one in result.followups if "This deletes" in one.content)
    await room.ada.click(question, label="Change nothing")
    assert (await room.room()).settings.retention_days is None


@pytest.mark.parametrize(("before", "days"), [(None, 60), (3, 7), (7, "")])
async def test_where_nothing_would_go_it_is_set_at_once(
    room: Server, before: int | None, days: int | str
) -> None:
    await talk_long_ago(room)
    await room.bot.stores.rooms.update_settings(room.lobby.id, RoomSettings(retention_days=before))
    await change(room, "Keeping", retention_days=str(days))
    assert (await room.room()).settings.retention_days == (days or None)


def test_one_of_each_reads_well() -> None:
    text = render_question(1, 1, OldWords(1, 1))
    assert "the words of 1 reply of 1 person" in text
    assert "older than 1 day." in text
