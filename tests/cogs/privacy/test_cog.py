"""What people see of their words, choose, and have deleted, as they do it in Discord."""

from __future__ import annotations

import json

from simcord.results import InteractionResult

from bot.domain import ReplyWhen
from tests.cogs.conftest import Server, new_bot, told
from tests.storage.planting import all_rows
from tests.world import HARM, Script

SECRET = "submarine"


async def talk(room: Server) -> None:
    await room.ana.send(room.lobby, f"My {SECRET} sank on Tuesday night")
    await room.ben.send(room.lobby, "Hello")


def posts(room: Server) -> str:
    """All that anybody sees of the bot, in every channel and thread."""
    shown = [*room.said_by_bot(room.lobby, room.ana), *room.said_by_bot(room.moderators, room.max)]
    shown += room.said_by_bot(room.thread(), room.max)
    return "\n".join(
        f"{post.content} {[embed.to_dict() for embed in post.embeds]}" for post in shown
    )


async def rows(room: Server) -> str:
    return await all_rows(room.bot.stores.rooms._database)


async def file_of(result: InteractionResult) -> object:
    assert result.response is not None
    (attachment,) = result.response.attachments
    return json.loads(await attachment.read())


async def test_it_says_what_is_stored_where_it_goes_and_how_long(room: Server) -> None:
    await talk(room)
    said = told(await room.ana.slash(room.lobby, "privacy show"))
    assert "1 message that you wrote" in said
    assert "scripted" in said
    assert "as long as the room exists" in said
    assert "be stored and answered: **yes** (you have not said)" in said
    assert "use my words for training: **no**" in said
    assert SECRET not in said


async def test_forgetting_reaches_the_database_and_every_post(room: Server) -> None:
    await talk(room)
    assert SECRET in posts(room)
    said = told(await room.ana.slash(room.lobby, "forget"))
    await room.env.settle()
    assert "1 message of yours" in said
    assert "Out of my reach" in said
    assert SECRET not in posts(room)
    assert "Ana" not in posts(room)
    left = await rows(room)
    assert SECRET not in left
    assert str(room.ana.id) not in left
    assert room.replies() == ["The first thought on Hello."]
    assert "Nothing was stored about you" in told(await room.ana.slash(room.lobby, "forget"))


async def test_what_was_forgotten_is_not_kept_again_with_who_replies_to_it(room: Server) -> None:
    said = await room.ana.send(room.lobby, f"My {SECRET} sank on Tuesday night")
    await room.ana.slash(room.lobby, "forget")
    await room.ben.send(room.lobby, "What do you make of this?", reply_to=said)
    await room.env.settle()
    assert len(room.replies()) == 1, "Ben is answered"
    assert SECRET not in await rows(room)
    await room.ana.send(room.lobby, "I am still here")
    assert room.replies()[-1] == "The first thought on I am still here."


async def test_what_is_to_be_taken_away_is_taken_away_after_a_restart(
    room: Server, script: Script
) -> None:
    await talk(room)
    relay = room.bot.engine.outbox_relay
    relay.defer(room.lobby.id)
    await room.ana.slash(room.lobby, "forget")
    assert SECRET in posts(room)
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    await room.env.settle()
    assert SECRET not in posts(room)


async def test_who_opts_out_is_forgotten_and_neither_stored_nor_answered(room: Server) -> None:
    await talk(room)
    said = told(await room.ana.slash(room.lobby, "privacy choices", stored=False))
    assert "be stored and answered: **no** (<t:" in said
    assert f"by <@{room.ana.id}>" in said
    assert "Forgotten" in said
    await room.ana.send(room.lobby, f"Is my {SECRET} gone?")
    await room.ben.send(room.lobby, "Hello again")
    assert SECRET not in await rows(room)
    assert room.replies() == ["The first thought on Hello.", "The first thought on Hello again."]
    await room.ana.slash(room.lobby, "privacy choices", stored=True)
    await room.ana.send(room.lobby, "I am back")
    assert room.replies()[-1] == "The first thought on I am back."


async def test_the_choices_are_apart_from_each_other(room: Server) -> None:
    said = told(await room.ana.slash(room.lobby, "privacy choices", training=True))
    assert "use my words for training: **yes**" in said
    assert "count my reactions as feedback: **no** (you have not said)" in said
    assert "be stored and answered: **yes** (you have not said)" in said
    assert "use my words for training: **no**" in told(
        await room.ben.slash(room.lobby, "privacy choices")
    )


async def test_the_export_has_ones_own_words_and_nobody_elses(room: Server) -> None:
    await talk(room)
    exported = await file_of(await room.ana.slash(room.lobby, "privacy export"))
    assert isinstance(exported, dict)
    assert [row["text"] for row in exported["messages"]] == [f"My {SECRET} sank on Tuesday night"]
    assert SECRET in exported["replies"][0]["reply"]
    assert "Hello" not in json.dumps(exported)


async def test_anybody_may_ask_what_the_bot_is(room: Server) -> None:
    said = told(await room.ben.slash(room.lobby, "about"))
    assert "language model" in said
    assert f"<#{room.lobby.id}> (every message)" in said
    settings = (await room.room()).settings
    addressed = settings.model_copy(update={"reply_when": ReplyWhen.ADDRESSED})
    await room.bot.stores.rooms.update_settings(room.lobby.id, addressed)
    said = told(await room.ben.slash(room.lobby, "about"))
    assert f"<#{room.lobby.id}>. Mention me" in said


async def test_the_notice_names_privacy_and_the_servers_own_link(room: Server) -> None:
    settings = (await room.room()).settings
    link = "https://example.org/privacy"
    changed = settings.model_copy(update={"privacy_link": link})
    await room.bot.stores.rooms.update_settings(room.lobby.id, changed)
    await room.set_up()
    (notice, *_) = room.said_by_bot(room.lobby, room.ana)
    assert "/privacy show" in notice.content
    assert link in notice.content
    own = changed.model_copy(update={"notice": "Mind the *house rules*."})
    await room.bot.stores.rooms.update_settings(room.lobby.id, own)
    await room.set_up()
    (notice, *_) = room.said_by_bot(room.lobby, room.ana)
    first, *rest = notice.content.split("\n")
    assert first.startswith("**You are talking with an AI here.**"), "whatever their own words say"
    assert rest[0] == "Mind the *house rules*."
    assert "/privacy show" in rest[1], "who reads what is said whatever their own words say"
    assert f"The team's own privacy notice: {link}" in rest[1].replace("<", "")


async def test_what_is_remembered_of_one_is_a_choice_shown_and_deleted(
    room: Server, script: Script
) -> None:
    script.keep_in_mind = "Ask before you advise."
    script.reviews.extend([HARM, HARM])
    await room.ana.send(room.lobby, "One")
    assert "remembered of talks with you" not in told(
        await room.ana.slash(room.lobby, "privacy show")
    )
    said = told(await room.ana.slash(room.lobby, "privacy choices", memory=True))
    assert "remember what was worked on in talks with me: **yes**" in said
    await room.ana.send(room.lobby, "Two")
    said = told(await room.ana.slash(room.lobby, "privacy show"))
    assert "**What is remembered of talks with you**" in said
    assert "gaslighting; kept in mind: Ask before you advise." in said
    assert "sessions that are remembered with you: 1" in said
    await room.ana.slash(room.lobby, "privacy choices", memory=False)
    assert "remembered of talks" not in told(await room.ana.slash(room.lobby, "privacy show"))
