"""What people see of their words, choose, and have deleted, as they do it in Discord."""

from __future__ import annotations

import json
import re

import discord
import pytest
from simcord.results import InteractionResult

from bot.domain import Agent, ReplyWhen
from bot.domain.privacy import Chosen, PrivacyChoice, StoredSummary
from bot.rooms.chat.fixed_texts import (
    DAYS,
    FORGOTTEN_TITLE,
    OWN_PRIVACY_NOTICE,
    SOURCES,
    WHERE_NOBODY,
    fixed_count,
    fixed_text,
)
from bot.storage.stores.privacy.forgetting import Erased
from bot.text.language import LANGUAGES
from cogs.privacy.privacy_view import render_erased, render_summary
from tests.cogs.conftest import Server, new_bot, told
from tests.cogs.control_room.test_gate import labels
from tests.cogs.control_room.test_status import answers
from tests.cogs.shared.test_languages import speak
from tests.storage.planting import all_rows
from tests.world import HARM, Script

SECRET = "submarine"
NAMED = re.compile(r"\{\w+\}")
LOCALES = {
    "en": discord.Locale.british_english,
    "de": discord.Locale.german,
    "es": discord.Locale.latin_american_spanish,
    "fr": discord.Locale.french,
    "pt": discord.Locale.brazil_portuguese,
    "it": discord.Locale.italian,
    "nl": discord.Locale.dutch,
    "pl": discord.Locale.polish,
    "tr": discord.Locale.turkish,
    "ru": discord.Locale.russian,
    "ja": discord.Locale.japanese,
    "ko": discord.Locale.korean,
    "zh": discord.Locale.taiwan_chinese,
}


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
    assert (
        "- your messages in the channels where I answer, with your id and display name: 1 (since"
        in said
    )
    assert "scripted" in said
    assert "until you delete it" in said
    assert "store what you write, and answer it: **yes** (you have not said)" in said
    assert "use your words for training, if that is ever done here: **no**" in said
    assert SECRET not in said


async def test_forgetting_reaches_the_database_and_every_post(room: Server) -> None:
    await talk(room)
    assert SECRET in posts(room)
    said = told(await room.ana.slash(room.lobby, "forget"))
    await room.env.settle()
    assert "- your messages, with your name and id: 1\n" in said
    assert "Out of my reach" in said
    assert SECRET not in posts(room)
    assert "Ana" not in posts(room)
    left = await rows(room)
    assert SECRET not in left
    assert str(room.ana.id) not in left
    assert room.replies() == ["The first thought on Hello."]
    assert "Nothing was stored about you" in told(await room.ana.slash(room.lobby, "forget"))


async def test_what_shows_a_turn_says_that_its_words_are_deleted(room: Server) -> None:
    await room.ana.send(room.lobby, f"My {SECRET} sank on Tuesday night")
    await room.ana.slash(room.lobby, "forget")
    await room.env.settle()
    deleted = "What was said here is deleted, as somebody had their words forgotten"
    (card,) = [post for post in room.said_by_bot(room.moderators, room.max) if post.embeds]
    (line,) = answers(await room.max.slash(room.moderators, "find"))
    for post in (card, line.message):
        text = str([embed.to_dict() for embed in post.embeds])
        assert "(no longer kept)" not in text
        assert "someone" not in text
    assert deleted in str(card.embeds[0].to_dict())
    assert deleted in str(line.embeds[0].to_dict())
    assert labels(card) == ["Show"]
    opened = answers(await room.max.click(card, label="Show"))
    assert deleted in (opened[-1].embeds[0].description or "")
    assert "manipulative" in (opened[-1].embeds[0].description or ""), "scores are kept"
    session = answers(await room.max.slash(room.moderators, "session", reply=1))[0]
    page = (await session.attachments[0].read()).decode()
    assert deleted in page
    assert "Nothing was said." not in page


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
    assert "store what you write, and answer it: **no** (<t:" in said
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
    assert "use your words for training, if that is ever done here: **yes**" in said
    assert (
        "count your reactions as feedback, if that is ever done here: **no** (you have not said)"
        in said
    )
    assert "store what you write, and answer it: **yes** (you have not said)" in said
    assert "use your words for training, if that is ever done here: **no**" in told(
        await room.ben.slash(room.lobby, "privacy choices")
    )


async def test_looking_at_the_choices_says_how_to_change_one(room: Server) -> None:
    looked = told(await room.ana.slash(room.lobby, "privacy choices"))
    assert "To change one, type it with *True* for yes or *False* for no" in looked
    changed = told(await room.ana.slash(room.lobby, "privacy choices", reactions=True))
    assert "To change one" not in changed


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        (
            ["https://api.example.com/v1", "http://127.0.0.1:8000"],
            "the models run at `api.example.com`:",
        ),
        (["http://127.0.0.1:8000", "http://localhost:1234/v1"], "on the same machine as I do"),
        (["http://models:8000", "http://llm.internal"], "has terms of their own"),
        ([], "has terms of their own"),
    ],
)
def test_what_the_models_provider_does_is_not_promised(addresses: list[str], said: str) -> None:
    choices = {choice: Chosen(yes=False) for choice in PrivacyChoice}
    stored = StoredSummary(0, 0, None, {})
    shown = render_summary(stored, choices, [], {Agent.CRITIC: "m"}, addresses=addresses)
    assert said in shown
    assert "I give it to nobody else, and I train no model on it" in shown
    for inside in ("`models`", "llm.internal", "127.0.0.1"):
        assert inside not in shown


async def test_all_of_it_is_in_the_language_of_whoever_asks(
    room: Server, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every text of it, to members of each language that members' texts have."""
    settings = (await room.room()).settings
    kept = {"privacy_link": "https://example.org/p", "retention_days": 30}
    await room.bot.stores.rooms.update_settings(room.lobby.id, settings.model_copy(update=kept))
    script.keep_in_mind = "Atme."
    script.reviews.append(HARM)
    await room.ana.slash(room.lobby, "privacy choices", memory=True, training=False)
    await room.ana.send(room.lobby, "One")
    for language in LANGUAGES:
        with monkeypatch.context() as patch:
            speak(patch, LOCALES[language])
            said = await say_everything(room)
        said += render_erased(Erased(1, 1, 1, 1, 1), language)
        said += render_erased(Erased(0, 0, 0, 0, 0), language)
        assert fixed_text(WHERE_NOBODY, language) in said
        assert fixed_count(DAYS, 30, language) in said
        assert fixed_text(OWN_PRIVACY_NOTICE, language) in said
        long = (text for text in SOURCES if isinstance(text, str) and len(text) > 20)
        english = {text for text in long if max(NAMED.split(text), key=len).strip() in said}
        assert len(english) > 25 if language == "en" else english == set()
    speak(monkeypatch, LOCALES["ja"])
    gone = told(await room.ana.slash(room.lobby, "forget"))
    assert gone.startswith(fixed_text(FORGOTTEN_TITLE, "ja"))


async def say_everything(room: Server) -> str:
    """All that a person with words here is told of them."""
    answers = [
        told(await room.ana.slash(room.lobby, command))
        for command in ("privacy show", "privacy choices", "privacy export", "about")
    ]
    return "\n".join(answers)


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
    assert "remember what was worked on in talks with you: **yes**" in said
    await room.ana.send(room.lobby, "Two")
    said = told(await room.ana.slash(room.lobby, "privacy show"))
    assert "**What is remembered of talks with you**" in said
    assert "gaslighting; kept in mind: Ask before you advise." in said
    assert "sessions that are remembered with you: 1" in said
    await room.ana.slash(room.lobby, "privacy choices", memory=False)
    assert "remembered of talks" not in told(await room.ana.slash(room.lobby, "privacy show"))
