"""The doctor's checklist, against scripted servers on real sockets."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import discord
import pytest
from rich.console import Console

from bot.doctor import examine
from bot.doctor.discord_checks import examine_discord, held_permissions, lacking
from bot.doctor.findings import Finding, Mark, note, ok, show, wrong
from bot.doctor.local_checks import examine_database, examine_prompts, examine_room_count
from bot.doctor.model_checks import examine_models, way_of_scoring
from bot.domain import Agent, Room
from bot.domain.permissions import REQUIRED_PERMISSIONS, ChannelPurpose, required_by_channel
from bot.errors import SettingError
from bot.prompting.templates import FOLDER
from bot.settings import Settings, variables
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.fake_llm import FakeLLM
from tests.stand_ins.discord_rest import (
    BOT_ROLE,
    GUILD,
    LOBBY,
    ME,
    MODS,
    PRIVATE,
    TEAM,
    TOKEN,
    VIEW,
    DiscordStandIn,
    bits,
    channel,
    discord_stand_in,
    member,
    overwrite,
)  # fmt: skip
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer

ROOM = Room(id=LOBBY, guild_id=GUILD, moderator_channel_id=MODS, therapy_parent_id=LOBBY)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # no embedded model there
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def there() -> AsyncIterator[DiscordStandIn]:
    async with discord_stand_in() as running:
        yield running


def settings(there: DiscordStandIn, token: str = TOKEN) -> Settings:
    return Settings(discord_token=token, discord_api_url=there.url)


def marks(found: list[Finding]) -> list[tuple[str, Mark]]:
    return [(one.what, one.mark) for one in found]


def of(what: str, found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.what == what]


# ── Discord ─────────────────────────────────────────────────────────────────────────────────


async def test_a_bot_that_has_all_it_needs(there: DiscordStandIn) -> None:
    found = await examine_discord(settings(there), [ROOM])
    assert marks(found) == [
        ("Token", Mark.OK),
        ("Intents", Mark.OK),
        ("Permissions", Mark.OK),
        ("Privacy", Mark.NOTE),
    ]
    assert "four-rooms" in found[0].said
    assert "Garden" in found[2].said


async def test_no_token() -> None:
    (found,) = await examine_discord(Settings(), [ROOM])
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "make demo" in found.said


async def test_a_token_that_discord_refuses_is_not_shown(there: DiscordStandIn) -> None:
    (found,) = await examine_discord(settings(there, "another-secret"), [ROOM])
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "Reset Token" in found.mend
    assert "another-secret" not in f"{found}"


UNUSABLE = {"<html>A proxy's page</html>": "is not Discord", 503: "answers 503", 429: "answers 429"}


@pytest.mark.parametrize("answer", UNUSABLE)
async def test_an_answer_that_is_no_use(there: DiscordStandIn, answer: str | int) -> None:
    there.answers["/users/@me"] = answer
    (found,) = await examine_discord(settings(there), [ROOM])
    assert (found.mark, found.setting) == (Mark.WRONG, False)
    assert UNUSABLE[answer] in found.said


async def test_nobody_there() -> None:
    nowhere = Settings(discord_token=TOKEN, discord_api_url="http://127.0.0.1:9")
    (found,) = await examine_discord(nowhere, [])
    assert "cannot be reached" in found.said
    assert "DISCORD_API_URL" in found.mend


async def test_the_intent_is_off(there: DiscordStandIn) -> None:
    there.answers["/oauth2/applications/@me"] = {"id": "77", "flags": 1 << 15}
    found = await examine_discord(settings(there), [])
    assert marks(found) == [("Token", Mark.OK), ("Intents", Mark.WRONG)]
    assert "https://discord.com/developers/applications/77/bot" in found[1].mend


async def test_a_missing_permission_is_named_with_its_channel(there: DiscordStandIn) -> None:
    threads = bits("create_private_threads")
    there.answers[f"/channels/{LOBBY}"] = channel(LOBBY, "lobby", overwrite(BOT_ROLE, deny=threads))
    found = of("Permissions", await examine_discord(settings(there), [ROOM]))
    assert [one.mark for one in found] == [Mark.WRONG]
    assert found[0].said == "#lobby in Garden: the bot lacks Create Private Threads."
    assert "allow Create Private Threads" in found[0].mend


async def test_a_channel_that_cannot_be_seen(there: DiscordStandIn) -> None:
    there.answers[f"/channels/{MODS}"] = 403
    found = (await examine_discord(settings(there), [ROOM]))[2:]
    assert [one.mark for one in found] == [Mark.WRONG]
    assert f"Channel {MODS} in Garden" in found[0].said
    assert "/setup" in found[0].mend


async def test_a_server_that_the_bot_has_left(there: DiscordStandIn) -> None:
    there.answers[f"/guilds/{GUILD}"] = 404
    found = (await examine_discord(settings(there), [ROOM]))[2:]
    assert [one.mark for one in found] == [Mark.WRONG]
    assert "Invite the bot" in found[0].mend


async def test_the_roles_that_see_the_moderator_channel_are_named(there: DiscordStandIn) -> None:
    (found,) = of("Privacy", await examine_discord(settings(there), [ROOM]))
    assert found.mark is Mark.NOTE
    assert found.said.endswith(
        "#moderators in Garden is seen by administrators, and by the roles: Team."
    )
    there.answers[f"/channels/{MODS}"] = channel(MODS, "moderators", *PRIVATE[:2])
    (found,) = of("Privacy", await examine_discord(settings(there), [ROOM]))
    assert (found.mark, found.said) == (
        Mark.OK,
        "#moderators in Garden is seen by administrators alone.",
    )


PUBLIC = {
    "everyone": ([], [], "@everyone"),
    "the role by which people come in": (
        [overwrite(GUILD, deny=VIEW), overwrite(BOT_ROLE, allow=VIEW), overwrite(TEAM, allow=VIEW)],
        PRIVATE,
        "Team",
    ),
}


@pytest.mark.parametrize("case", PUBLIC)
async def test_a_moderator_channel_that_everybody_sees_is_named(
    there: DiscordStandIn, case: str
) -> None:
    lobby, moderators, role = PUBLIC[case]
    there.answers[f"/channels/{LOBBY}"] = channel(LOBBY, "lobby", *lobby)
    there.answers[f"/channels/{MODS}"] = channel(MODS, "moderators", *moderators)
    (found,) = of("Privacy", await examine_discord(settings(there), [ROOM]))
    assert found.mark is Mark.WRONG
    assert "everybody can see it" in found.said
    assert f"take View Channel from {role}" in found.mend


# ── models ──────────────────────────────────────────────────────────────────────────────────

LEGS = {"legs": 8}


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer(probabilities=True, strict=False) as running:
        running.always(LEGS)
        yield running


def at(server: OpenAIServer, **others: Any) -> dict[str, str]:
    """The environment that points every agent at the server."""
    return {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY, "MODEL": MODEL, **others}


async def models_with(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]
) -> list[Finding]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return await examine_models(Settings.load())


async def test_a_model_that_serves_all(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    (found,) = await models_with(monkeypatch, at(server))
    assert found.mark is Mark.OK
    assert found.said.startswith(f"{MODEL} at {server.base_url} answers in ")
    assert "Chatbot, Therapist, Critic" in found.said
    assert found.said.endswith("The Critic scores by written numbers.")
    assert len(server.asked) == 1


async def test_a_model_without_probabilities(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    server.probabilities = False
    (found,) = await models_with(monkeypatch, at(server))
    assert found.mark is Mark.OK
    assert "by written numbers" in found.said


async def test_an_agent_with_a_model_of_its_own(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    found = await models_with(monkeypatch, at(server, CRITIC_MODEL="judge"))
    assert [one.mark for one in found] == [Mark.OK, Mark.OK]
    assert "Chatbot, Therapist." in found[0].said
    assert found[1].said.startswith("judge at ")


async def test_several_models_and_none_chosen(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    server.models = ["small", "large"]
    (found,) = await models_with(monkeypatch, at(server, MODEL=""))
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "MODEL is not set" in found.said
    assert "'large', 'small'" in found.said


async def test_a_key_that_the_endpoint_refuses(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    (found,) = await models_with(monkeypatch, at(server, OPENAI_API_KEY="sk-mistyped"))
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "OPENAI_API_KEY" in found.said
    assert "sk-mistyped" not in f"{found}"


async def test_an_endpoint_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.model_checks.SECONDS", 30.0)
    away = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "MODEL": MODEL}
    (found,) = await models_with(monkeypatch, away)
    assert (found.mark, found.setting) == (Mark.WRONG, False)
    assert "http://127.0.0.1:9/v1" in found.said


async def test_a_fallback_is_looked_at_like_a_first(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    async with OpenAIServer(key="other", strict=False) as second:
        second.always(LEGS)
        fallback = {
            "CHATBOT_FALLBACK_BASE_URL": second.base_url,
            "CHATBOT_FALLBACK_API_KEY": "other",
            "CRITIC_FALLBACK_BASE_URL": second.base_url,
            "CRITIC_FALLBACK_API_KEY": "other",
        }
        first, found = await models_with(monkeypatch, at(server, **fallback))
        assert (first.mark, found.what, found.mark) == (Mark.OK, "Fallback", Mark.OK)
        assert found.said.startswith(f"{MODEL} at {second.base_url} answers in ")
        assert "It is the fallback of the Chatbot, Critic." in found.said
        wrong_key = at(server, **fallback, THERAPIST_FALLBACK_MODEL="m", THERAPIST_BASE_URL="")
        wrong_key["CRITIC_FALLBACK_API_KEY"] = "mistyped"
        marks_of = [
            (one.what, one.mark, one.setting) for one in await models_with(monkeypatch, wrong_key)
        ]
        assert marks_of == [
            ("Model", Mark.OK, False),
            ("Fallback", Mark.OK, False),
            ("Fallback", Mark.OK, False),
            ("Fallback", Mark.WRONG, True),
        ]


async def test_a_first_that_is_down_is_not_hidden_by_its_fallback(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    monkeypatch.setattr("bot.doctor.model_checks.SECONDS", 1.0)
    away = at(server, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    fallback = {"CHATBOT_FALLBACK_BASE_URL": server.base_url, "CHATBOT_FALLBACK_API_KEY": KEY}
    first, found = await models_with(monkeypatch, {**away, **fallback})
    assert (first.mark, found.mark) == (Mark.WRONG, Mark.OK)


async def test_an_endpoint_that_never_answers_typed(
    monkeypatch: pytest.MonkeyPatch, server: OpenAIServer
) -> None:
    server.always("Eight, I think.")
    (found,) = await models_with(monkeypatch, at(server))
    assert found.mark is Mark.WRONG
    assert "asked form" in found.said


async def test_a_model_without_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = await models_with(monkeypatch, {"MODEL": "gpt"})
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "no endpoint" in found.said


async def test_the_embedded_model_is_not_fetched_by_a_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (found,) = await models_with(monkeypatch, {})
    assert found.mark is Mark.NOTE
    assert "1,117 MB" in found.mend
    assert not (tmp_path / "cache").exists()


async def test_the_embedded_model_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    (found,) = await models_with(monkeypatch, {})
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert 'pip install ".[embedded]"' in found.said


async def test_a_file_that_llama_cannot_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 64)
    (found,) = await models_with(monkeypatch, {"EMBEDDED_MODEL": str(broken)})
    assert (found.mark, found.setting) == (Mark.WRONG, True)
    assert "EMBEDDED_MODEL" in found.said


# ── permissions ─────────────────────────────────────────────────────────────────────────────


PURPOSES = {
    ChannelPurpose.CHAT_ROOM: 11,
    ChannelPurpose.MODERATORS: 12,
    ChannelPurpose.THERAPY: 13,
}
APART = Room(id=11, guild_id=GUILD, moderator_channel_id=12, therapy_parent_id=13)


@pytest.mark.parametrize("purpose", ChannelPurpose)
async def test_the_same_permissions_as_setup_asks_for(
    there: DiscordStandIn, purpose: ChannelPurpose
) -> None:
    for number in PURPOSES.values():
        there.answers[f"/channels/{number}"] = channel(number, f"room-{number}")
    weak = PURPOSES[purpose]
    asked = REQUIRED_PERMISSIONS[purpose]
    nothing = overwrite(BOT_ROLE, deny=bits(*(permission.flag for permission in asked)))
    there.answers[f"/channels/{weak}"] = channel(weak, "weak", nothing)
    (found,) = of("Permissions", await examine_discord(settings(there), [APART]))
    labels = ", ".join(permission.label for permission in asked)
    assert found.said == f"#weak in Garden: the bot lacks {labels}."


async def test_only_the_permission_to_mend_is_named(there: DiscordStandIn) -> None:
    mute = overwrite(BOT_ROLE, deny=bits("send_messages"))
    there.answers[f"/channels/{MODS}"] = channel(MODS, "moderators", mute)
    (found,) = of("Permissions", await examine_discord(settings(there), [ROOM]))
    assert found.said == "#moderators in Garden: the bot lacks Send Messages."


def test_a_channel_with_two_seats_needs_what_both_need() -> None:
    needed = required_by_channel(ROOM)
    assert set(needed) == {LOBBY, MODS}
    both = (ChannelPurpose.CHAT_ROOM, ChannelPurpose.THERAPY)
    labels = [it.label for purpose in both for it in REQUIRED_PERMISSIONS[purpose]]
    assert [it.label for it in needed[LOBBY]] == list(dict.fromkeys(labels))


MANAGE = bits("manage_threads")
CASES: dict[str, tuple[list[dict[str, object]], int, bool]] = {
    "nothing changed": ([], VIEW | MANAGE, False),
    "everyone denied": ([overwrite(GUILD, deny=MANAGE)], VIEW, False),
    "role over everyone": (
        [overwrite(BOT_ROLE, allow=MANAGE), overwrite(GUILD, deny=MANAGE)], VIEW | MANAGE, False,
    ),
    "one role allows what another denies": (
        [overwrite(BOT_ROLE, deny=MANAGE), overwrite(32, allow=MANAGE)], VIEW | MANAGE, False,
    ),
    "the member has the last word": (
        [overwrite(ME, deny=MANAGE), overwrite(BOT_ROLE, allow=MANAGE)], VIEW, False,
    ),
    "a role of others": ([overwrite(31, deny=VIEW)], VIEW | MANAGE, False),
    "unseen": ([overwrite(GUILD, deny=VIEW)], 0, False),
    "the owner": ([overwrite(GUILD, deny=VIEW)], discord.Permissions.all().value, True),
}  # fmt: skip


def held(
    roles: list[dict[str, Any]], own_roles: list[int], *overwrites: dict[str, object], owner: bool
) -> discord.Permissions:
    """The bot's permissions in a channel with these overwrites."""
    state: Any = discord.Client(intents=discord.Intents(guilds=True))._connection
    named = [{"name": "a role", **role} for role in roles]
    data: Any = {"id": GUILD, "name": "G", "owner_id": ME if owner else 5, "roles": named}
    guild = discord.Guild(data=data, state=state)
    payload: Any = member(*own_roles)
    where: Any = channel(LOBBY, "lobby", *overwrites)
    return held_permissions(
        discord.TextChannel(state=state, guild=guild, data=where),
        discord.Member(data=payload, guild=guild, state=state),
    )


@pytest.mark.parametrize("case", CASES)
def test_permissions_follow_discords_rules(case: str) -> None:
    overwrites, expected, owner = CASES[case]
    roles = [{"id": GUILD, "permissions": VIEW}, {"id": BOT_ROLE, "permissions": MANAGE},
             {"id": 31, "permissions": 0}, {"id": 32, "permissions": 0}]  # fmt: skip
    assert held(roles, [BOT_ROLE, 32], *overwrites, owner=owner).value == expected


def test_an_administrator_lacks_nothing() -> None:
    roles = [{"id": GUILD, "permissions": 1 << 3}]
    has = held(roles, [], overwrite(ME, deny=VIEW), owner=False)
    assert lacking(REQUIRED_PERMISSIONS[ChannelPurpose.THERAPY], has) == []


async def test_the_address_of_discord_stays_as_it_was(there: DiscordStandIn) -> None:
    before = discord.http.Route.BASE
    await examine_discord(settings(there), [ROOM])
    assert before == discord.http.Route.BASE


# ── the database and the prompts ────────────────────────────────────────────────────────────


def on_file(path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{path}")


async def test_a_database_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "data" / "new.db"
    found, rooms = await examine_database(on_file(path))
    assert marks(found) == [("Database", Mark.NOTE)]
    assert not rooms
    assert not path.parent.exists()


async def test_a_database_with_a_room(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'kept.db'}"
    async with open_database(url) as database:
        await Stores.over(database).rooms.bind(ROOM)
    found, rooms = await examine_database(on_file(tmp_path / "kept.db"))
    assert marks(found) == [("Database", Mark.OK)]
    assert [room.id for room in rooms] == [LOBBY]


async def test_an_empty_database_is_brought_up_to_date_later(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    found, _ = await examine_database(on_file(tmp_path / "empty.db"))
    assert marks(found) == [("Database", Mark.NOTE)]
    assert "is empty" in found[0].said


async def test_a_database_of_a_later_version(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'later.db'}"
    async with open_database(url) as database, database.write() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    found, rooms = await examine_database(on_file(tmp_path / "later.db"))
    assert (found[0].mark, found[0].setting) == (Mark.WRONG, True)
    assert "of_tomorrow" in found[0].said
    assert not rooms


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("Dear diary, " * 100)
    found, _ = await examine_database(on_file(tmp_path / "notes.db"))
    assert (found[0].mark, found[0].setting) == (Mark.WRONG, True)
    assert "diary" not in found[0].said


async def test_a_database_server_that_is_not_there_keeps_its_password_to_itself() -> None:
    pytest.importorskip("asyncpg")
    away = Settings(database_url="postgresql://bot:hunter2@127.0.0.1:9/rooms")
    found, _ = await examine_database(away)
    assert (found[0].mark, found[0].setting) == (Mark.WRONG, True)
    assert "hunter2" not in f"{found}"


def test_a_broken_prompt_is_named(tmp_path: Path) -> None:
    (tmp_path / "chatbot").mkdir()
    (tmp_path / "chatbot" / "draft.md").write_text("{% call system() %}\nNo end")
    (found,) = examine_prompts(tmp_path)
    assert found.mark is Mark.WRONG
    assert "draft.md:" in found.said


# ── the checklist ───────────────────────────────────────────────────────────────────────────


def paper() -> Console:
    return Console(file=io.StringIO(), width=60)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_line_for_each_finding_with_what_to_do() -> None:
    console = paper()
    link = f"https://example.org/{'x' * 60}"
    show(console, [ok("Token", "Known."), note("Rooms", "None."), wrong("Model", "Gone.", link)])
    assert written(console).splitlines() == [
        "ok      Token        Known.",
        "note    Rooms        None.",
        "not ok  Model        Gone.",
        f"{' ' * 21}→ {link}",
    ]


def test_paused_rooms_are_named() -> None:
    paused = Room(id=11, guild_id=GUILD, moderator_channel_id=20, therapy_parent_id=11, paused=True)
    (found,) = examine_room_count([ROOM, paused])
    assert (found.mark, found.said) == (Mark.OK, "2; paused: 11.")


async def test_with_nothing_configured_it_ends_with_the_token() -> None:
    console = paper()
    with pytest.raises(SettingError) as missing:
        await examine(console)
    lines = written(console)
    assert "ok      Settings" in lines
    assert "ok      Prompts" in lines
    assert "note    Database" in lines
    assert "not ok  Token" in lines
    assert "not ok above" in missing.value.detail


async def test_a_wrong_setting_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_TIMEOUT", "soon")
    console = paper()
    with pytest.raises(SettingError, match="set up correctly"):
        await examine(console)
    assert written(console).startswith("not ok  Settings     LLM_TIMEOUT: ")
    assert "Token" not in written(console)


async def test_what_is_no_setting_makes_it_false(
    monkeypatch: pytest.MonkeyPatch, there: DiscordStandIn
) -> None:
    there.answers["/oauth2/applications/@me"] = {"id": "77", "flags": 0}
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("DISCORD_API_URL", there.url)
    console = paper()
    assert await examine(console) is False
    assert "not ok  Intents" in written(console)
    assert TOKEN not in written(console)


async def test_all_is_well(
    monkeypatch: pytest.MonkeyPatch, there: DiscordStandIn, server: OpenAIServer
) -> None:
    secrets = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": there.url, **at(server)}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    console = paper()
    assert await examine(console) is True
    assert written(console).endswith("All is well.\n")
    assert "not ok" not in written(console)
    assert TOKEN not in written(console)
    assert KEY not in written(console)


async def test_checks_that_never_end_are_cut_off(
    monkeypatch: pytest.MonkeyPatch, there: DiscordStandIn
) -> None:
    monkeypatch.setattr("bot.doctor.MOST_SECONDS", 0.05)
    monkeypatch.setattr("bot.doctor.examine_models", _never)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("DISCORD_API_URL", there.url)
    console = paper()
    assert await examine(console) is False
    assert "not ok  Models       No answer within" in written(console)


async def _never(_: Settings) -> list[Finding]:
    await asyncio.Event().wait()
    return []


async def test_all_findings_as_json_also_where_a_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "")
    console = paper()
    with pytest.raises(SettingError):
        await examine(console, as_json=True)
    whole = json.loads(written(console))
    assert whole["ok"] is False
    (token,) = [found for found in whole["findings"] if found["check"] == "Token"]
    assert (token["mark"], token["setting"]) == ("not ok", True)
    assert "DISCORD_TOKEN" in token["said"]
    assert "discord.com/developers" in token["mend"]


async def test_a_name_that_cannot_be_looked_up_asks_for_the_network() -> None:
    offline = Settings(discord_token=TOKEN, discord_api_url="http://discord.invalid")
    (found,) = await examine_discord(offline, [])
    assert found.said == "The name discord.invalid cannot be looked up."
    assert found.mend == "Is the machine online?"


FITTED = json.loads((FOLDER / "critic/probe.json").read_text("utf-8"))["model"]
WAYS = {
    "a probe of the model's inner state": FakeLLM(
        Agent.CRITIC, model=FITTED, small=True, gives_probabilities=True
    ),
    "yes/no probabilities": FakeLLM(Agent.CRITIC, small=True, gives_probabilities=True),
    "written numbers": FakeLLM(Agent.CRITIC, gives_probabilities=True),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_critic_is_said_to_score_as_it_does(way: str) -> None:
    assert way_of_scoring(WAYS[way]) == way
