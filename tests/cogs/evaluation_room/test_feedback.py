"""Members say of a reply, from its menu, that it helped or that it hurt them or was wrong."""

from __future__ import annotations

import discord
from simcord.actors import MemberActor

from bot.domain.feedback import FeedbackKind
from bot.rooms.chat.fixed_texts import FEEDBACK_NO_REPLY, HURT_THANKS, fixed_text
from cogs.evaluation_room.feedback import HELPED, HURT
from tests.cogs.conftest import Server, told, whispered


async def say(room: Server, who: MemberActor, entry: str, words: str) -> str:
    """What the person is answered, who alone sees it."""
    reply = room.said_by_bot(room.lobby, room.max)[-1]
    opened = await who.context_menu(room.lobby, entry, reply)
    return whispered(await who.submit_modal(opened, {"words": words}))


async def told_moderators(room: Server) -> list[str]:
    return [act for act in room.acts() if act.startswith(("💚", "💔"))]


async def test_a_word_on_a_reply_reaches_the_moderators_and_is_forgotten(room: Server) -> None:
    await room.ana.send(room.lobby, "Hello?")
    assert await say(room, room.ben, HURT, "It stung. *really* @everyone") == HURT_THANKS
    (post,) = await told_moderators(room)
    assert post.startswith("💔 **Ben** says that [a reply](https://discord.com/channels/")
    assert r"> It stung. \*really\*" in post
    assert "@everyone" not in post
    assert "what you said of my replies" in told(await room.ben.slash(room.lobby, "privacy show"))
    await room.ben.slash(room.lobby, "forget")
    await room.env.settle()
    assert await told_moderators(room) == []
    assert await room.bot.stores.feedback.of_turns([1]) == {}


async def test_the_person_reads_their_language_and_may_change_their_mind(room: Server) -> None:
    await room.ana.send(room.lobby, "Hello?")
    await say(room, room.ana, HELPED, "")
    said = await say(room, room.ana, HURT, "Die Antwort war leider ziemlich gemein zu mir.")
    assert said == fixed_text(HURT_THANKS, "de")
    (kept,) = (await room.bot.stores.feedback.of_turns([1]))[1]
    assert kept.kind is FeedbackKind.HURT


async def test_words_of_hurt_are_not_offered_as_words_of_thanks(room: Server) -> None:
    await room.ana.send(room.lobby, "Hello?")
    await say(room, room.ana, HURT, "It stung.")
    reply = room.said_by_bot(room.lobby, room.max)[-1]
    offered = {
        entry: (await room.ana.context_menu(room.lobby, entry, reply)).modal
        for entry in (HURT, HELPED)
    }
    assert "It stung." in str(offered[HURT])
    assert "It stung." not in str(offered[HELPED])


async def test_who_writes_of_danger_gets_help_and_moderators_see_it(room: Server) -> None:
    await room.ana.send(room.lobby, "Hello?")
    settings = (await room.room()).settings
    called = settings.model_copy(update={"call_role_id": room.moderator_role.id})
    await room.bot.stores.rooms.update_settings(room.lobby.id, called)
    said = await say(room, room.ana, HURT, "I want to kill myself")
    assert "I am a bot" in said
    (post,) = await told_moderators(room)
    assert "🆘" in post
    (call,) = [m for m in room.seen(room.moderators, room.max) if "speaks of suicide" in m.content]
    assert call.content.startswith(f"<@&{room.moderator_role.id}> 🆘")
    assert "in what they told me of a reply" in call.content
    await room.max.click(call, label="I am with them")
    _, *seen = room.said_by_bot(room.lobby, room.ben)  # after the notice
    assert len(seen) == 1, "nobody else sees anything of it"


async def test_where_everybody_reads_the_call_a_persons_words_to_the_bot_are_not_in_it(
    room: Server,
) -> None:
    await room.ana.send(room.lobby, "Hello?")
    room.allow(room.moderators, room.guild.roles["@everyone"], view_channel=True)
    await room.env.settle()
    await say(room, room.ana, HURT, "I want to kill myself because of my exams")
    seen = [m.content for m in room.seen(room.moderators, room.ben)]
    (call,) = [content for content in seen if "speaks of suicide" in content]
    assert "One of you should talk with them" in call
    assert not any("exams" in content for content in seen)


async def test_of_anything_but_a_reply_nothing_can_be_said(room: Server) -> None:
    theirs: discord.Message = await room.ben.send(room.lobby, "Hi all")
    answer = await room.ana.context_menu(room.lobby, HELPED, theirs)
    assert told(answer) == FEEDBACK_NO_REPLY
