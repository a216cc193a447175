"""The settings panel: bounds, what people type, and before and after on the record."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import Agent, RoomSettings
from bot.domain.room_settings import CardsWhen, Scale
from bot.domain.server_limits import ServerLimits
from bot.rooms.control.settings_editor import (
    NothingChanged,
    WrongSetting,
    apply_changes,
    find_differences,
)
from bot.text.moderator_texts import LANGUAGES, reading
from tests.world import ANA, LOBBY, MAX, World

WARMTH = {"name": "warmth", "description": "how warm it is", "high_is_bad": False}


async def test_a_change_is_an_act_with_before_and_after(world: World) -> None:
    act = await world.control.settings.change(LOBBY, MAX, gate="40", norms=" Be kind. ")
    assert act.details.as_stored() == {
        "norms": {"before": "", "after": "Be kind."},
        "gate": {"before": None, "after": 40},
    }
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    assert room.settings == RoomSettings(gate=40, norms="Be kind.")
    with pytest.raises(NothingChanged):
        await world.control.settings.change(LOBBY, MAX, gate=40)


async def test_two_admins_at_once_lose_no_change(world: World) -> None:
    settings = world.control.settings
    first, second = await asyncio.gather(
        settings.change(LOBBY, MAX, gate=40), settings.change(LOBBY, ANA, norms="Be kind.")
    )
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    assert room.settings == RoomSettings(gate=40, norms="Be kind.")
    assert first.details.as_stored() == {"gate": {"before": None, "after": 40}}
    assert second.details.as_stored() == {"norms": {"before": "", "after": "Be kind."}}
    await asyncio.gather(
        settings.change_server(LOBBY, MAX, person_calls=3),
        settings.change_server(LOBBY, ANA, server_calls=9),
    )
    limits = await world.stores.server_limits.get(1)
    assert (limits.person_calls, limits.server_calls) == (3, 9)


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("gate", "", None),
        ("gate", "off", None),
        ("stop_failures", "30 %", 30),
        ("stop_spend", "$2.50", 2.5),
        ("max_rounds", " 5 ", 5),
        ("cards", "hourly", CardsWhen.HOURLY),
        ("scales", [WARMTH], (Scale(**WARMTH),)),
        ("paused_answer", "", ""),
    ],
)
def test_what_people_type_is_understood(name: str, typed: object, kept: object) -> None:
    before = RoomSettings(gate=10, paused_answer="x")
    assert getattr(apply_changes(before, {name: typed}), name) == kept


@pytest.mark.parametrize(
    ("locale", "typed", "kept"),
    [
        ("de", "2,50", 2.5),
        ("de", "1.234,5", 1234.5),
        ("fr", "1 234,5", 1234.5),
        ("de", "2.50", 2.5),
    ],
)
def test_a_number_is_typed_as_its_reader_writes_it(locale: str, typed: str, kept: float) -> None:
    with reading(locale):
        assert apply_changes(RoomSettings(), {"stop_spend": typed}).stop_spend == kept


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("max_rounds", "11", "Most rounds: at most 10, please."),
        ("max_rounds", "many", "Most rounds: that has to be a whole number."),
        ("gate", "-1", "Hold replies above: at least 0, please."),
        ("stop_spend", "nan", "Stop at spend, US $ a day: that has to be a number."),
        ("norms", "x" * 2001, "House rules: at most 2,000 characters, please."),
        ("cards", "never", "Cards: that is not one of the choices"),
        ("scales", [WARMTH] * 6, "Own scales: "),
        ("scales", [WARMTH, {**WARMTH, "name": "Warmth"}], "a name of its own"),
        ("scales", [{**WARMTH, "name": "gaslighting"}], "a name of its own"),
        ("scales", [{**WARMTH, "name": "{{x}}"}], "Own scales: "),
    ],
)
def test_what_is_out_of_bounds_is_named(name: str, typed: object, said: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        apply_changes(RoomSettings(), {name: typed})
    assert said in str(caught.value)


def test_a_refusal_begins_with_a_capital_letter_in_every_language() -> None:
    for language in LANGUAGES:
        with reading(language), pytest.raises(WrongSetting) as caught:
            apply_changes(RoomSettings(), {"gate": "101"})
        assert str(caught.value)[0].isupper(), language


def test_every_setting_has_words_for_the_panel() -> None:
    for name, field in RoomSettings.model_fields.items():
        assert field.title, name
        assert field.description, name
    for name, field in ServerLimits.model_fields.items():
        assert field.title, name
        assert field.description, name


async def test_a_servers_limits_hold_for_all_of_its_rooms_and_are_on_record(world: World) -> None:
    act = await world.control.settings.change_server(LOBBY, MAX, person_calls="200", cooldown="2")
    assert (act.room_id, act.guild_id) == (None, 1)
    assert act.details.as_stored() == {
        "cooldown": {"before": None, "after": 2.0},
        "person_calls": {"before": None, "after": 200},
    }
    assert await world.stores.server_limits.get(1) == ServerLimits(person_calls=200, cooldown=2)
    assert await world.stores.server_limits.get(2) == ServerLimits()
    with pytest.raises(NothingChanged):
        await world.control.settings.change_server(LOBBY, MAX, person_calls=200)


@pytest.mark.parametrize("name", ["stop_spend", "limit_cost"])
def test_money_without_a_price_is_refused_unless_it_is_taken_away(name: str) -> None:
    none, some = RoomSettings(), apply_changes(RoomSettings(), {name: "2"})
    assert find_differences(none, some, ())
    assert find_differences(some, none, (Agent.CRITIC,))
    with pytest.raises(WrongSetting) as caught:
        find_differences(none, some, (Agent.CRITIC,))
    assert "the price of the model is not known (Critic)" in str(caught.value)
