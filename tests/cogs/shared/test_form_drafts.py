"""A form that was wrong comes back with what was typed."""

from __future__ import annotations

import discord
import pytest

from cogs.shared.form_drafts import MOST_FORMS, FormDrafts, NotKept, fill
from cogs.shared.modals import choice_field, choices_field, people_field, role_field, text_field
from tests.cogs.conftest import Server, whispered
from tests.cogs.control_room.test_settings import as_opened, panel


async def test_it_opens_again_with_what_was_typed_and_is_taken_then(room: Server) -> None:
    form = await room.ada.click((await panel(room)).message, label="Answers")
    typed = {**as_opened(form), "max_rounds": "many", "norms": "Be kind, always."}
    wrong = await room.ada.submit_modal(form, typed)
    assert "Most rounds: that has to be a whole number." in whispered(wrong)
    again = await room.ada.click(wrong.followups[-1], label="Correct it")
    assert as_opened(again)["norms"] == "Be kind, always."
    assert as_opened(again)["max_rounds"] == "many"
    await room.ada.submit_modal(again, {**as_opened(again), "max_rounds": "2"})
    settings = (await room.room()).settings
    assert (settings.norms, settings.max_rounds) == ("Be kind, always.", 2)


async def test_nobody_else_gets_it_and_a_form_that_was_taken_is_gone(room: Server) -> None:
    form = await room.ada.click((await panel(room)).message, label="Answers")
    typed = {**as_opened(form), "max_rounds": "many"}
    wrong = await room.ada.submit_modal(form, typed)
    drafts = room.bot.service(FormDrafts)
    (number,) = drafts._forms
    assert drafts.of(room.ada.id, number).typed["max_rounds"] == "many"
    with pytest.raises(NotKept):
        drafts.of(room.max.id, number)
    form = await room.ada.click((await panel(room)).message, label="Answers")
    await room.ada.submit_modal(form, {**typed, "max_rounds": "2"})
    result = await room.ada.click(wrong.followups[-1], label="Correct it")
    assert "no longer kept" in whispered(result)


async def test_an_empty_field_that_always_has_a_value_stays_as_it_is(room: Server) -> None:
    form = await room.ada.click((await panel(room)).message, label="Answers")
    await room.ada.submit_modal(form, {**as_opened(form), "max_rounds": "", "norms": "Kind."})
    settings = (await room.room()).settings
    assert (settings.max_rounds, settings.norms) == (3, "Kind.")


def test_no_more_forms_are_kept_than_that(simcord_bot: object) -> None:
    drafts = FormDrafts(simcord_bot)  # type: ignore[arg-type]
    for user_id in range(MOST_FORMS + 5):
        drafts.open(user_id, "a:1", "A", [])
    assert len(drafts._forms) == MOST_FORMS


def test_every_kind_of_field_is_filled() -> None:
    fields = [
        text_field("words", "Words", value="old"),
        choice_field("one", "One", {"a": "A", "b": "B"}, value="a"),
        choices_field("some", "Some", {"a": "A", "b": "B", "c": "C"}),
        role_field("role", "Role"),
        people_field("people", "People"),
    ]
    fill(fields, {"words": "new", "one": "b", "some": "a,c", "role": "5", "people": "6,7"})
    words, one, some, role, people = (field.component for field in fields)
    assert isinstance(words, discord.ui.TextInput)
    assert words.default == "new"
    for select, chosen in ((one, ["b"]), (some, ["a", "c"])):
        assert isinstance(select, discord.ui.Select)
        assert [option.value for option in select.options if option.default] == chosen
    for select, ids in ((role, [5]), (people, [6, 7])):
        assert isinstance(select, discord.ui.RoleSelect | discord.ui.UserSelect)
        assert [value.id for value in select.default_values] == ids
