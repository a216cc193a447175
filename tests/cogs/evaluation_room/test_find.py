"""Moderators look for replies, page by page, and open one."""

from __future__ import annotations

from simcord.results import ResponseMessage

from bot.domain import ReplyWhen, RoomSettings
from tests.cogs.conftest import Server, new_bot, refused, whispered
from tests.cogs.control_room.test_gate import labels
from tests.cogs.control_room.test_status import answers
from tests.world import Script, llm_down


def found(message: ResponseMessage) -> str:
    return message.embeds[0].description or ""


async def test_replies_are_found_by_words_page_by_page(room: Server, script: Script) -> None:
    for number in range(1, 7):
        await room.ana.send(room.lobby, f"My exam, part {number}")
    (first,) = answers(await room.max.slash(room.moderators, "find", words="EXAM my"))
    newest = room.said_by_bot(room.lobby, room.max)[-1]
    head, line, *_ = found(first).splitlines()
    assert head == f"<#{room.lobby.id}>"
    assert line.startswith(f"**[#6]({newest.jump_url})** · <t:")
    assert "Ana: My exam, part 6 → A first" not in line
    assert "Ana: My exam, part 6 → The first thought on My exam" in line
    assert line.endswith("worst score 40")
    assert "looked back to <t:" in found(first)
    assert labels(first.message) == ["#6", "#5", "#4", "#3", "#2", "Older"]
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    result = await room.max.click(first.message, label="Older")
    assert result.response is not None
    assert labels(result.response.message) == ["#1", "Newest"]
    assert "part 1" in found(result.response)
    opened = answers(await room.max.click(result.response.message, label="#1"))
    assert opened[0].embeds[0].title == "Reply #1"
    assert [file.filename for file in opened[-1].attachments] == ["reply-1.html", "reply-1.json"]


async def test_filters_leave_out_what_does_not_fit(room: Server, script: Script) -> None:
    script.drafts.append(llm_down())
    await room.ana.send(room.lobby, "Where is Berlin?")
    await room.ben.send(room.lobby, "Ist das Wetter heute wirklich so schlecht?")
    for options, numbers in (
        ({"withheld": True}, ["#1"]),
        ({"person": room.ben}, ["#2"]),
        ({"language": "de"}, ["#2"]),
        ({"score": 40}, ["#2"]),
        ({"score": 41}, []),
        ({"reply": 1}, ["#1"]),
    ):
        (page,) = answers(await room.max.slash(room.lobby, "find", **options))
        assert labels(page.message) == numbers, options
    (page,) = answers(await room.max.slash(room.lobby, "find", withheld=True))
    assert "Ana: Where is Berlin?" in found(page)
    assert "⛔ withheld" in found(page)
    (page,) = answers(await room.max.slash(room.lobby, "find", words="nowhere"))
    assert "No reply matches." in found(page)


async def test_the_room_has_to_be_clear(room: Server) -> None:
    kitchen = room.guild.create_text_channel("kitchen")
    result = await room.max.slash(kitchen, "find")
    assert refused(room, result, "WhichRoom").startswith("Say which Chat Room you mean")


async def test_who_moderates_no_more_reads_no_further_page(room: Server) -> None:
    for number in range(6):
        await room.ana.send(room.lobby, f"Hi {number}")
    (page,) = answers(await room.max.slash(room.moderators, "find"))
    room.allow(room.lobby, room.moderator_role, manage_messages=False)
    for label in ("Older", "#6"):
        assert "Only moderators" in whispered(await room.max.click(page.message, label=label))


async def test_held_replies_say_so(room: Server) -> None:
    await room.bot.stores.rooms.update_settings(
        room.lobby.id, RoomSettings(gate=10, reply_when=ReplyWhen.ALWAYS)
    )
    await room.ana.send(room.lobby, "Hi")
    (page,) = answers(await room.max.slash(room.moderators, "find"))
    assert "⏳ held" in found(page)
