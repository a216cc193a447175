"""The settings panel, as admins use it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.results import InteractionResult, ResponseMessage

from bot.domain import ReplyWhen, Room, RoomSettings
from bot.domain.room_settings import Scale
from bot.domain.server_limits import ServerLimits
from cogs.control_room.settings_view import (
    SECTIONS,
    SERVER_WIDE,
    changes_of,
    render_settings,
    section_fields,
    settings_of,
)
from cogs.shared.modals import MOST_FIELDS
from tests.cogs.conftest import Server, new_bot, refused, whispered
from tests.world import Script


async def panel(room: Server) -> ResponseMessage:
    result = await room.ada.slash(room.lobby, "settings")
    shown = result.response
    assert shown is not None
    assert shown.ephemeral
    return shown


async def change(room: Server, section: str, **given: Any) -> InteractionResult:
    form = await room.ada.click((await panel(room)).message, label=section)
    return await room.ada.submit_modal(form, {**as_opened(form), **given})


def as_opened(form: InteractionResult) -> dict[str, Any]:
    """What a client sends of a form in which nothing is touched."""
    assert form.modal is not None
    values: dict[str, Any] = {}
    for label in form.modal["components"]:
        item = label["component"]
        options = [one["value"] for one in item.get("options", ()) if one.get("default")]
        values[item["custom_id"]] = options or item.get("value") or ""
    return values


def field(shown: discord.Embed, heading: str) -> str:
    return next(one.value or "" for one in shown.fields if heading in (one.name or ""))


async def test_it_shows_every_setting(room: Server) -> None:
    embed = (await panel(room)).embeds[0]
    assert embed.description == f"of <#{room.lobby.id}>"
    assert "Most rounds: **3**" in field(embed, "Answers")
    assert "Hold replies above: **none**" in field(embed, "Held")
    assert "Stop at average score: **none**" in field(embed, "Stop")


async def test_a_change_is_made_shown_and_put_on_record(room: Server) -> None:
    result = await change(room, "Held replies, coaching", gate="40", seat_minutes="5")
    settings = (await room.room()).settings
    assert (settings.gate, settings.seat_minutes) == (40, 5)
    assert result.response is not None
    assert "Hold replies above: **40**" in field(result.response.embeds[0], "Held")
    told = next(act for act in room.acts() if act.startswith("⚙️"))
    assert told.split("\n") == [
        f"⚙️ **Ada** changed the settings of <#{room.lobby.id}>.",
        "- hold replies above: none → 40",
        "- coaching, minutes: 10 → 5",
    ]


async def test_choices_long_texts_and_scales(room: Server) -> None:
    await change(room, "Answers", reply_when=["mentioned"], norms="Be kind.\nBe brief.")
    await change(room, "Critic", scales="sarcastic: it mocks\nwarmth (high is good): it is warm")
    settings = (await room.room()).settings
    assert settings.reply_when is ReplyWhen.MENTIONED
    assert settings.norms == "Be kind.\nBe brief."
    assert settings.scales == (
        Scale(name="sarcastic", description="it mocks"),
        Scale(name="warmth", description="it is warm", high_is_bad=False),
    )


@pytest.mark.parametrize(
    ("section", "given", "names"),
    [
        ("Held replies, coaching", {"gate": "101"}, ("hold replies above", "at most 100, please")),
        ("Held replies, coaching", {"gate_minutes": "0"}, ("hold, minutes", "at least 1, please")),
        ("Answers", {"max_rounds": "many"}, ("Most rounds: that has to be a whole number",)),
        ("Stop rules", {"stop_spend": "-3"}, ("stop at spend", "more than 0")),
        ("Critic", {"scales": "gaslighting: again"}, ("name of its own",)),
        ("Critic", {"scales": "no description"}, ("own scales",)),
    ],
)
async def test_what_is_out_of_bounds_is_named_with_its_bound(
    room: Server, section: str, given: dict[str, str], names: tuple[str, ...]
) -> None:
    said = whispered(await change(room, section, **given)).casefold()
    for name in names:
        assert name.casefold() in said
    assert (await room.room()).settings == RoomSettings(reply_when=ReplyWhen.ALWAYS)


async def test_nothing_changed_is_said(room: Server) -> None:
    assert "Nothing was changed" in whispered(await change(room, "Stop rules"))


async def test_the_panel_works_after_a_restart(room: Server, script: Script) -> None:
    shown = await panel(room)
    await room.env.restart_bot(new_bot(room.bot.stores, script))
    form = await room.ada.click(shown.message, label="Stop rules")
    await room.ada.submit_modal(form, {"stop_mean": "70"})
    assert (await room.room()).settings.stop_mean == 70


async def test_an_admin_sets_how_long_words_are_kept_and_old_cards_stay_usable(
    room: Server,
) -> None:
    await room.ana.send(room.lobby, "My secret is a submarine")
    form = await room.ada.click((await panel(room)).message, label="Keeping")
    wrong = await room.ada.submit_modal(form, {"retention_days": "0"})
    assert "Kept for" in whispered(wrong)
    form = await room.ada.click((await panel(room)).message, label="Keeping")
    await room.ada.submit_modal(form, {"retention_days": "7"})
    assert (await room.room()).settings.retention_days == 7
    assert "before" in str((await room.bot.stores.acts.find(room.guild.id))[0].details)
    week = datetime.now(UTC) + timedelta(days=8)
    room.bot.scheduler.retention._next = None
    await room.bot.scheduler.retention.look(week, room.bot.engine.is_own)
    await room.env.settle()
    card = next(m for m in room.seen(room.moderators, room.max) if m.embeds)
    await room.max.click(card, custom_id="rate:agree:1")
    (embed,) = room.cards()
    assert "submarine" not in str(embed.to_dict())
    assert "older than this room keeps words" in str(embed.to_dict())


async def test_it_is_for_admins(room: Server) -> None:
    with pytest.raises(SetupError):
        await room.max.slash(room.lobby, "settings")
    room.give("settings", room.max)
    result = await room.max.slash(room.lobby, "settings")
    assert "Manage Server" in refused(room, result, "NotAllowed")


async def test_who_is_an_admin_no_more_cannot_use_an_open_panel(room: Server) -> None:
    form = await room.ada.click((await panel(room)).message, label="Held replies, coaching")
    admin = next(role for role in room.guild.roles.values() if role.name == "Admins")
    room.env.backend.edit_role(room.guild.id, admin.id, {"permissions": 0})
    result = await room.ada.submit_modal(form, {**as_opened(form), "gate": "1"})
    assert "Manage Server" in whispered(result)
    assert (await room.room()).settings.gate is None


def test_every_setting_stands_in_one_section() -> None:
    listed = [
        (section in SERVER_WIDE, name)
        for section, (_, _, names) in SECTIONS.items()
        for name in names
    ]
    own = [(False, name) for name in RoomSettings.model_fields]
    assert sorted(listed) == sorted([*own, *((True, name) for name in ServerLimits.model_fields)])


@pytest.mark.parametrize("section", SECTIONS)
def test_a_form_keeps_discords_bounds_and_gives_back_what_it_shows(section: str) -> None:
    scales = tuple(Scale(name=f"scale {n}" + "x" * 20, description="d" * 200) for n in range(5))
    full = RoomSettings(
        norms="n" * 2000, paused_answer="p" * 500, scales=scales, gate=1, stop_spend=0.5
    )
    limits = ServerLimits(cooldown=2.5, person_calls=100, server_cost=1.5, exempt_roles=(5, 6))
    shown = settings_of(section, full, limits)
    fields = section_fields(section, shown, ["default", *(f"p{n}" for n in range(40))])
    assert 1 <= len(fields) <= MOST_FIELDS
    given: dict[str, str] = {}
    for one in fields:
        assert len(one.text) <= 45
        assert len(one.description or "") <= 100
        item = one.component
        if isinstance(item, discord.ui.TextInput):
            assert len(item.default or "") <= (item.max_length or 0)
            given[item.custom_id] = item.default or ""
        elif isinstance(item, discord.ui.Select):
            assert len(item.options) <= 25
            given[item.custom_id] = ",".join(o.value for o in item.options if o.default)
    changed = changes_of(section, given)
    if "exempt_roles" in changed:
        changed["exempt_roles"] = "[5, 6]"
    plain = shown.model_dump(mode="json")
    assert {name: str(value) for name, value in changed.items()} == {
        name: "" if plain[name] is None else str(plain[name]) for name in changed
    }
    assert len(render_settings(Room(1, 2, 3, 4, settings=full))) <= 6000
