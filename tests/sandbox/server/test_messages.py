"""Messages, as a bot sends and gets them."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import discord
import pytest

from bot.sandbox import Refused, Sandbox, SandboxUser
from tests.patience import PATIENCE
from tests.sandbox.conftest import Connect, Probe


async def _heard(probe: Probe, message_id: int) -> discord.Message:
    for message in probe.heard:
        if message.id == message_id:
            return message
    heard: discord.Message = await probe.wait_for(
        "message", check=lambda m: m.id == message_id, timeout=5
    )
    return heard


async def test_a_person_speaks_and_the_bot_replies(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    said = await ana.say("#lobby", "I just got promoted today!")
    heard = await _heard(probe, said.id)
    assert (heard.content, heard.author.display_name) == ("I just got promoted today!", "Ana")
    assert isinstance(heard.author, discord.Member)
    await heard.channel.send("Congratulations!", reference=heard)
    reply = await ana.wait_for(lambda m: m.by_bot, where="#lobby", after=said)
    assert (reply.text, reply.reply_to, reply.kind) == ("Congratulations!", said.id, 19)


async def test_the_same_nonce_twice_is_one_message(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    first = await probe.lobby(sandbox).send("once", nonce="turn-7")
    second = await probe.lobby(sandbox).send("once", nonce="turn-7")
    assert first.id == second.id
    assert [m.text for m in ana.messages("#lobby")] == ["once"]
    echo = next(message for message in probe.heard if message.id == first.id)
    assert echo.nonce == "turn-7"
    other = await probe.lobby(sandbox).send("once", nonce="turn-8")
    assert other.id != first.id


async def test_a_nonce_is_forgotten_after_some_minutes(sandbox: Sandbox, probe: Probe) -> None:
    first = await probe.lobby(sandbox).send("once", nonce="turn-7")
    sandbox.backend.clock.advance(600)
    assert (await probe.lobby(sandbox).send("once", nonce="turn-7")).id != first.id


async def test_a_lost_answer_leaves_the_message_and_the_nonce_finds_it(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    sandbox.faults.lose_answer("POST /channels/*/messages")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await probe.lobby(sandbox).send("sure", nonce="turn-1")
    again = await probe.lobby(sandbox).send("sure", nonce="turn-1")
    assert [m.id for m in ana.messages("#lobby")] == [again.id]


@pytest.mark.parametrize(
    ("content", "options", "status", "code"),
    [
        ("", {}, 400, 50006),
        ("x" * 2001, {}, 400, 50035),
        ("x", {"nonce": "n" * 26}, 400, 50035),
        ("x", {"reference": discord.MessageReference(message_id=5, channel_id=5)}, 400, 50035),
    ],
    ids=["empty", "too long", "long nonce", "reply to nothing"],
)
async def test_what_discord_refuses(
    sandbox: Sandbox, probe: Probe, content: str, options: dict[str, Any], status: int, code: int
) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await probe.lobby(sandbox).send(content, **options)
    assert (refused.value.status, refused.value.code) == (status, code)


async def test_a_reply_to_a_deleted_message(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    said = await ana.say("#lobby", "never mind")
    await ana.delete(said)
    channel = probe.lobby(sandbox)
    gone = discord.MessageReference(message_id=said.id, channel_id=channel.id)
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send("but", reference=gone)
    assert refused.value.code == 50035
    gone.fail_if_not_exists = False
    sent = await channel.send("but", reference=gone)
    assert sent.reference is None
    assert ana.messages("#lobby")[-1].reply_to is None


async def test_a_reply_shows_that_its_message_is_gone(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    said = await ana.say("#lobby", "hello")
    sent = await (await _heard(probe, said.id)).reply("hi")
    await ana.delete(said)
    fetched = await probe.lobby(sandbox).fetch_message(sent.id)
    assert fetched.reference is not None
    assert isinstance(fetched.reference.resolved, discord.DeletedReferencedMessage)
    assert ana.messages("#lobby")[-1].reply_gone


async def test_a_long_chain_of_replies_stays_one_level_deep(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    said = await ana.say("#lobby", "0")
    for number in range(1, 1050):
        said = await ana.say("#lobby", str(number), reply_to=said)
    fetched = await probe.lobby(sandbox).fetch_message(said.id)
    assert fetched.reference is not None
    replied = fetched.reference.resolved
    assert isinstance(replied, discord.Message)
    assert replied.content == "1048"
    await ana.edit(said, "the end")
    assert ana.now(said).text == "the end"


@pytest.mark.parametrize(
    ("allowed", "mentioned"),
    [
        (discord.AllowedMentions.none(), []),
        (discord.AllowedMentions(users=True), ["ana"]),
        (None, ["ana"]),
    ],
)
async def test_only_allowed_mentions_ping(
    sandbox: Sandbox,
    probe: Probe,
    ana: SandboxUser,
    allowed: discord.AllowedMentions | None,
    mentioned: list[str],
) -> None:
    options: dict[str, Any] = {} if allowed is None else {"allowed_mentions": allowed}
    sent = await probe.lobby(sandbox).send(f"@everyone {ana.mention}", **options)
    assert [user.name for user in sent.mentions] == mentioned
    assert not sent.mention_everyone
    heard = await _heard(probe, sent.id)
    assert [type(user) for user in heard.mentions] == [discord.Member] * len(mentioned)


async def test_a_reply_pings_unless_told_not_to(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    said = await ana.say("#lobby", "hello")
    heard = await _heard(probe, said.id)
    assert ana.id in [user.id for user in (await heard.reply("a")).mentions]
    quiet = discord.AllowedMentions.none()
    assert (await heard.reply("b", allowed_mentions=quiet)).mentions == []


async def test_history_is_bounded_and_goes_both_ways(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    said = [await ana.say("#lobby", str(number)) for number in range(150)]
    channel = probe.lobby(sandbox)
    after = [m.content async for m in channel.history(limit=3, after=discord.Object(said[9].id))]
    assert after == ["10", "11", "12"]
    before = [m.content async for m in channel.history(limit=2, before=discord.Object(said[9].id))]
    assert before == ["8", "7"]
    around = [m.content async for m in channel.history(limit=3, around=discord.Object(said[9].id))]
    assert sorted(around) == ["10", "8", "9"]
    assert len([m async for m in channel.history(limit=None)]) == 150
    with pytest.raises(discord.HTTPException) as refused:
        await probe.http.logs_from(channel.id, 101)
    assert refused.value.code == 50035


async def test_files_and_pictures_in_embeds(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03" + b"\x00" * 9
    embed = discord.Embed(title="Scores").add_field(name="gaslighting", value="80 → 3")
    embed.set_image(url="attachment://scores.png")
    files = [
        discord.File(io.BytesIO(png), "scores.png"),
        discord.File(io.BytesIO(b"<script>"), "a session.html", description="the talk"),
    ]
    sent = await probe.lobby(sandbox).send(embed=embed, files=files)
    assert [a.filename for a in sent.attachments] == ["a_session.html"]
    assert await sent.attachments[0].read() == b"<script>"
    seen = ana.messages("#lobby")[-1]
    assert seen.embeds[0].fields[0].value == "80 → 3"
    async with aiohttp.ClientSession() as http:
        async with http.get(seen.embeds[0].image_url) as answer:
            assert answer.headers["Content-Type"] == "image/png"
            assert await answer.read() == png
        async with http.get(seen.files[0].url) as answer:
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"] == "attachment"
        async with http.get(seen.files[0].url.split("?")[0]) as answer:
            assert answer.status == 404


async def test_edits_and_deletions_are_told(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    said = await ana.say("#lobby", "helo")
    await _heard(probe, said.id)
    await ana.edit(said, "hello")
    _, after = await probe.wait_for("message_edit", timeout=PATIENCE)
    assert after.content == "hello"
    await ana.delete(said)
    gone = await probe.wait_for("message_delete", timeout=PATIENCE)
    assert gone.id == said.id
    with pytest.raises(discord.NotFound):
        await probe.lobby(sandbox).fetch_message(said.id)


async def test_without_the_intent_content_is_empty_except_where_mentioned(
    sandbox: Sandbox, connect: Connect, ana: SandboxUser
) -> None:
    probe = await connect(intents=discord.Intents.default())
    await ana.say("#lobby", "private words")
    first = await probe.wait_for("message", timeout=PATIENCE)
    assert first.content == ""
    await ana.say("#lobby", f"<@{sandbox.guild.bot_id}> hello")
    second = await probe.wait_for("message", timeout=PATIENCE)
    assert second.content.endswith("hello")


async def test_a_bot_does_not_hear_what_it_may_not_see(
    sandbox: Sandbox, probe: Probe, admin: SandboxUser
) -> None:
    hidden = sandbox.guild.add_channel("hidden", hidden=True)
    await admin.say(hidden, "not for bots")
    await admin.say("#lobby", "for all")
    heard = await probe.wait_for("message", timeout=PATIENCE)
    assert heard.content == "for all"
    with pytest.raises(discord.Forbidden) as refused:
        await probe.fetch_channel(hidden)
    assert refused.value.code == 50001


async def test_the_bot_holds_no_more_than_it_was_invited_with(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    channel = probe.lobby(sandbox)
    said = await ana.say("#lobby", "hello")
    message = await probe.wait_for("message", timeout=PATIENCE)
    assert message.id == said.id
    for attempt in (
        message.delete(),
        message.add_reaction("👍"),
        channel.edit(name="other"),
        channel.create_thread(name="t", type=discord.ChannelType.public_thread),
    ):
        with pytest.raises(discord.Forbidden):
            await attempt


async def test_people_write_up_to_4000_characters(sandbox: Sandbox, probe: Probe) -> None:
    ana = sandbox.person("Ana")
    said = await ana.say("#lobby", "x" * 4000)
    heard = await _heard(probe, said.id)
    assert len(heard.content) == 4000
    with pytest.raises(Refused) as refused:
        await ana.say("#lobby", "x" * 4001)
    assert refused.value.code == 50035
    with pytest.raises(Refused) as refused:
        await ana.say("#lobby", "")
    assert refused.value.code == 50006
