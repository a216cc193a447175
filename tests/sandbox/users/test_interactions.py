"""Commands, buttons, selects and forms: there and back through a real client."""

from __future__ import annotations

import discord
import pytest

from bot.sandbox import NoResponse, Refused, Sandbox, SandboxUser
from bot.sandbox.users.views import ControlKind
from tests.sandbox.conftest import Connect, Probe
from tests.sandbox.helper import commands


@pytest.fixture
async def helper(connect: Connect) -> Probe:
    return await connect(set_up=commands)


async def test_a_slash_command_with_options(
    helper: Probe, moderator: SandboxUser, ana: SandboxUser
) -> None:
    answer = await moderator.slash("#lobby", "pause", channel="#lobby", minutes=7)
    told = await answer.message()
    assert told.text == "paused lobby for 7"
    assert told.only_you
    assert not told.edited
    assert told.command == "pause"
    assert (await answer.message(number=1)).text == "and said so"
    assert ana.messages("#lobby") == ()
    assert [m.text for m in moderator.messages("#lobby")] == ["paused lobby for 7", "and said so"]


async def test_who_may_not_use_a_command_does_not_see_it(
    helper: Probe, ana: SandboxUser, moderator: SandboxUser, admin: SandboxUser
) -> None:
    assert "pause" not in [command.name for command in ana.commands("#lobby")]
    for person in (moderator, admin):
        (pause,) = [c for c in person.commands("#lobby") if c.name == "pause"]
        assert [(p.name, p.required) for p in pause.parameters] == [
            ("channel", True),
            ("minutes", False),
        ]
        assert (pause.parameters[1].least, pause.parameters[1].most) == (1, 60)
    with pytest.raises(Refused, match="default-member-permissions"):
        await ana.slash("#lobby", "pause", channel="#lobby")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"channel": "#lobby", "minutes": 61},
        {"channel": "#lobby", "minutes": "many"},
        {"channel": "#nowhere"},
        {"channel": "#lobby", "hours": 1},
    ],
    ids=["missing", "out of range", "wrong type", "unknown channel", "unknown option"],
)
async def test_options_that_a_client_would_not_send(
    sandbox: Sandbox, helper: Probe, moderator: SandboxUser, options: dict[str, str | int]
) -> None:
    with pytest.raises(Refused):
        await moderator.slash("#lobby", "pause", **options)
    assert sandbox.requests.since(0, "POST /interactions/**") == []


async def test_a_channel_that_one_does_not_see_cannot_be_chosen(
    sandbox: Sandbox, helper: Probe, moderator: SandboxUser
) -> None:
    hidden = sandbox.guild.add_channel("hidden", hidden=True)
    with pytest.raises(Refused, match="cannot be chosen"):
        await moderator.slash("#lobby", "pause", channel=hidden)


async def test_a_button_changes_its_message_for_all(
    helper: Probe, moderator: SandboxUser, ana: SandboxUser
) -> None:
    card = await (await moderator.slash("#lobby", "card")).message()
    await ana.click(card, "Agree")
    changed = ana.now(card)
    assert changed.text == "agreed"
    assert changed.control("agree").disabled
    with pytest.raises(Refused, match="disabled"):
        await ana.click(card, "Agree")
    with pytest.raises(Refused, match="fit"):
        await ana.click(card, "Disagree")


async def test_a_form_opened_by_a_button(
    helper: Probe, moderator: SandboxUser, ana: SandboxUser
) -> None:
    card = await (await moderator.slash("#lobby", "card")).message()
    opened = await ana.click(card, "rescore")
    form = opened.modal
    assert form is not None
    assert form.title == "Rescore"
    assert [(c.label, c.required, c.most) for c in form.controls] == [
        ("Score", True, 3),
        ("Why", False, 4000),
    ]
    with pytest.raises(Refused, match="required"):
        await opened.submit({"Why": "no score"})
    with pytest.raises(Refused, match="at most 3"):
        await opened.submit({"Score": "1000"})
    with pytest.raises(Refused, match="no field"):
        await opened.submit({"Score": "10", "Colour": "blue"})
    answered = await opened.submit({"Score": "10", "Why": "it was kind"})
    assert (await answered.message()).text == "10 because it was kind"
    assert opened.modal is None
    with pytest.raises(Refused, match="no form"):
        await opened.submit({"Score": "10"})


async def test_a_select(helper: Probe, ana: SandboxUser) -> None:
    card = await (await ana.slash("#lobby", "card")).message()
    (select,) = [c for c in card.controls if c.kind is ControlKind.SELECT]
    assert [option.label for option in select.options] == ["None", "Gaslighting"]
    answer = await ana.select(card, ["Gaslighting"])
    assert (await answer.message()).text == "chose Gaslighting"
    with pytest.raises(Refused, match="offers"):
        await ana.select(card, ["Manipulative"])
    with pytest.raises(Refused, match="choose between"):
        await ana.select(card, ["None", "Gaslighting"])


async def test_a_select_of_people(helper: Probe, ana: SandboxUser, moderator: SandboxUser) -> None:
    asked = await (await ana.slash("#lobby", "choose")).message()
    assert (await (await ana.select(asked, [moderator.id])).message()).text == "Max"
    with pytest.raises(Refused, match="cannot be chosen"):
        await ana.select(asked, [5])


async def test_autocomplete(helper: Probe, ana: SandboxUser) -> None:
    offered = await ana.suggestions("#lobby", "persona", "name", "nar")
    assert [choice.value for choice in offered] == ["narcissistic"]
    answer = await ana.slash("#lobby", "persona", name="narcissistic")
    assert (await answer.message()).text == "narcissistic"


async def test_subcommands(helper: Probe, ana: SandboxUser, moderator: SandboxUser) -> None:
    assert "therapist take" in [command.name for command in ana.commands("#lobby")]
    answer = await ana.slash("#lobby", "therapist take")
    assert (await answer.message()).text == "Ana sits"
    answer = await ana.slash("#lobby", "therapist take", who=moderator)
    assert (await answer.message()).text == "Max sits"


async def test_a_message_menu_entry(helper: Probe, ana: SandboxUser) -> None:
    said = await ana.say("#lobby", "hello")
    assert ana.menu("#lobby") == ("Show therapy",)
    answer = await ana.use_menu(said, "Show therapy")
    assert (await answer.message()).text == "about: hello"


async def test_a_deferred_answer_with_a_file(helper: Probe, ana: SandboxUser) -> None:
    answer = await ana.slash("#lobby", "session")
    told = await answer.message()
    assert [file.name for file in told.files] == ["session.txt"]
    assert not told.edited


async def test_no_answer_within_three_seconds(
    helper: Probe, ana: SandboxUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.users.user.FIRST_RESPONSE", 0.05)
    with pytest.raises(NoResponse):
        await ana.slash("#lobby", "silent")


async def test_a_first_answer_that_comes_too_late(
    sandbox: Sandbox, connect: Connect, ana: SandboxUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[discord.HTTPException] = []

    async def slow(probe: Probe) -> None:
        @probe.tree.command(description="Too late")
        async def late(interaction: discord.Interaction) -> None:
            sandbox.backend.clock.advance(3.5)
            try:
                await interaction.response.send_message("sorry")
            except discord.HTTPException as error:
                refused.append(error)

        await probe.tree.sync()

    await connect(set_up=slow)
    monkeypatch.setattr("bot.sandbox.users.user.FIRST_RESPONSE", 0.3)
    with pytest.raises(NoResponse):
        await ana.slash("#lobby", "late")
    assert [(error.status, error.code) for error in refused] == [(404, 10062)]


async def test_answers_end_after_fifteen_minutes(
    sandbox: Sandbox, connect: Connect, ana: SandboxUser
) -> None:
    kept: list[discord.Interaction] = []

    async def keep(probe: Probe) -> None:
        @probe.tree.command(description="Keep it")
        async def keep(interaction: discord.Interaction) -> None:
            kept.append(interaction)
            await interaction.response.send_message("ok")

        await probe.tree.sync()

    await connect(set_up=keep)
    await ana.slash("#lobby", "keep")
    sandbox.backend.clock.advance(15 * 60)
    with pytest.raises(discord.HTTPException) as refused:
        await kept[0].followup.send("late")
    assert (refused.value.status, refused.value.code) == (401, 50027)


async def test_an_interaction_is_answered_once_and_fittingly(
    sandbox: Sandbox, connect: Connect, ana: SandboxUser
) -> None:
    codes: list[int] = []

    async def twice(probe: Probe) -> None:
        @probe.tree.command(description="Twice")
        async def twice(interaction: discord.Interaction) -> None:
            adapter = probe.http
            for kind in (6, 8, 4, 4):
                route = discord.http.Route(
                    "POST", f"/interactions/{interaction.id}/{interaction.token}/callback"
                )
                try:
                    await adapter.request(route, json={"type": kind, "data": {"content": "x"}})
                except discord.HTTPException as error:
                    codes.append(error.code)
            codes.append(0)

        await probe.tree.sync()

    await connect(set_up=twice)
    await ana.slash("#lobby", "twice")
    await sandbox.requests.wait_for("POST /interactions/**", count=4)
    assert codes[:2] == [50035, 50035]
    assert [r.status for r in sandbox.requests.since(0, "POST /interactions/**")] == [
        400,
        400,
        204,
        400,
    ]


async def test_only_the_asker_sees_an_ephemeral_answer(
    helper: Probe, ana: SandboxUser, admin: SandboxUser
) -> None:
    answer = await ana.slash("#lobby", "persona", name="mine")
    told = await answer.message()
    assert admin.messages("#lobby") == ()
    with pytest.raises(Refused) as refused:
        admin.now(told)
    assert refused.value.code == 10008
    await ana.delete(told)
    assert ana.messages("#lobby") == ()


async def test_a_form_with_labels_and_choices(connect: Connect, ana: SandboxUser) -> None:
    class Rate(discord.ui.Modal, title="Rate"):
        note = discord.ui.TextDisplay[discord.ui.LayoutView]("Be fair.")
        verdict = discord.ui.Label[discord.ui.Modal](
            text="Verdict",
            component=discord.ui.Select(
                options=[discord.SelectOption(label=name) for name in ("agree", "too harsh")]
            ),
        )

        async def on_submit(self, interaction: discord.Interaction, /) -> None:
            select = self.verdict.component
            assert isinstance(select, discord.ui.Select)
            await interaction.response.send_message(f"noted: {select.values[0]}")

    async def rate(probe: Probe) -> None:
        @probe.tree.command(description="Rate it")
        async def rate(interaction: discord.Interaction) -> None:
            await interaction.response.send_modal(Rate())

        await probe.tree.sync()

    await connect(set_up=rate)
    opened = await ana.slash("#lobby", "rate")
    form = opened.modal
    assert form is not None
    assert form.texts == ("Be fair.",)
    assert [(c.label, c.kind) for c in form.controls] == [("Verdict", ControlKind.SELECT)]
    with pytest.raises(Refused, match="offers"):
        await opened.submit({"Verdict": ["splendid"]})
    answer = await opened.submit({"Verdict": ["too harsh"]})
    assert (await answer.message()).text == "noted: too harsh"
