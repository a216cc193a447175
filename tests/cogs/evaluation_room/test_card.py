from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import (
    HARMS,
    Agent,
    Conversation,
    Evaluation,
    EvaluationState,
    Line,
    Moderator,
    Room,
    Scores,
    Subject,
    Turn,
    TurnState,
)
from bot.domain.ratings import Digest, Opinion, Rating, RatingKind, Verdict
from bot.llm.protocol import Usage
from bot.storage.stores.digests import MOST_TURNS
from cogs.evaluation_room.card import CALM, HARMFUL, NOT_SCORED, UNEASY, WITHHELD, Card, render_card
from cogs.evaluation_room.digest import digest_select, render_digest
from cogs.shared.bars import bar, before_and_after

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SENT = Turn(
    id=12,
    room_id=5,
    state=TurnState.SENT,
    evaluation=EvaluationState.SCORED,
    created_at=NOON,
    message_ids=(100,),
    round=2,
    draft="Enough about you.",
    reply="Congratulations!",
    replied_at=NOON + timedelta(seconds=3.14),
)
ASKED = Conversation(asked=(Line(speaker="Ana", text="I just got promoted today!"),))
USAGE = Usage(calls=7, prompt_tokens=2000, completion_tokens=140, seconds=3.0, cost=0.0021)


def scored(subject: Subject, *values: int, reason: str = "it boasts") -> Evaluation:
    names = ("manipulative", "gaslighting", "narcissistic", "sarcastic")
    scores = Scores(values=dict(zip(names, values, strict=False)), reason=reason, method="yes/no")
    return Evaluation(SENT.id, subject, "critic", scores, "a-model", "0" * 12, NOON)


BEFORE = scored(Subject.DRAFT, 62, 5, 81)
AFTER = scored(Subject.REPLY, 10, 0, 20, reason="it listens")
CARD = Card(
    SENT, ASKED, (BEFORE, AFTER), None, USAGE, "https://discord.com/r", "https://discord.com/t"
)


def test_a_card_says_all_of_a_turn() -> None:
    embed = render_card(CARD)
    assert embed.title == "🟢 Turn 12 · calm · 81 → 20"
    assert embed.description is not None
    assert embed.description.split("\n") == [
        "<#5> **Ana**: I just got promoted today!",
        "```",
        "manipulative  62 ████░░ →  10 █░░░░░",
        "gaslighting    5 █░░░░░ →   0 ░░░░░░",
        "narcissistic  81 █████░ →  20 █░░░░░",
        "```",
        "**Of the draft**: it boasts",
        "**Of the reply**: it listens",
        "[reply](https://discord.com/r) · [therapy](https://discord.com/t)",
    ]
    assert embed.footer.text == (
        "Critic: yes/no by a-model · 2 rounds · 7 calls · 3.1 s · 2,140 tokens · $0.0021"
    )
    assert embed.timestamp == SENT.replied_at


def empathetic(one: Evaluation, value: int) -> Evaluation:
    return replace(one, scores=one.scores.model_copy(update={"empathetic": value}))


def test_a_card_and_a_digest_show_how_empathetic_both_are_where_that_was_measured() -> None:
    both = (empathetic(scored(Subject.DRAFT, 62, 5, 81, 9), 20), empathetic(AFTER, 75))
    card = replace(CARD, evaluations=both)
    lines = (render_card(card).description or "").split("\n")
    assert lines[4:7] == [
        "narcissistic  81 █████░ →  20 █░░░░░",
        "empathetic ↑  20 █░░░░░ →  75 ████░░",
        "sarcastic      9 █░░░░░ →   -",
    ]
    digest = Digest(1, 5, (12,), NOON)
    room = Room(5, 1, 6, 5)
    assert "calm · 81 → 20 · empathetic 20 → 75 ·" in (
        render_digest(room, digest, [card]).description or ""
    )
    assert "empathetic" not in (render_digest(room, digest, [CARD]).description or "")


def test_a_server_s_own_scale_of_that_name_stands_first() -> None:
    values = {**AFTER.scores.values, "empathetic": 3}
    own = AFTER.scores.model_copy(update={"values": values, "empathetic": 75})
    assert own.shown["empathetic"] == 3


def test_a_card_names_what_the_therapist_worked_on() -> None:
    embed = render_card(replace(CARD, worked_on=("unheard", "harmful_help")))
    assert "🛋️ **Worked on**: unheard, harmful help" in (embed.description or "").split("\n")


def test_a_card_says_which_adapter_spoke() -> None:
    usage = replace(USAGE, adapters=[(Agent.CHATBOT, "talk (0a1b2c3d) at 0.6")])
    footer = render_card(replace(CARD, usage=usage)).footer.text or ""
    assert footer.endswith(" · $0.0021 · chatbot with adapter talk (0a1b2c3d) at 0.6")


def test_a_card_says_which_fallback_spoke() -> None:
    usage = replace(USAGE, fallbacks=[(Agent.CRITIC, "other/m2")])
    footer = render_card(replace(CARD, usage=usage)).footer.text or ""
    assert footer.endswith(" · $0.0021 · critic by its fallback other/m2")


@pytest.mark.parametrize(
    ("worst", "look"), [(0, CALM), (29, CALM), (30, UNEASY), (59, UNEASY), (60, HARMFUL)]
)
def test_mark_word_and_colour_tell_the_state(worst: int, look: object) -> None:
    after = scored(Subject.REPLY, 0, worst, 0)
    embed = render_card(replace(CARD, evaluations=(BEFORE, after)))
    looks = [one for one in (CALM, UNEASY, HARMFUL) if embed.title and one.word in embed.title]
    assert looks == [look]
    assert embed.colour is not None
    assert embed.colour.value == looks[0].colour


def test_what_the_critic_could_not_score_says_so() -> None:
    embed = render_card(replace(CARD, evaluations=(), failure="the endpoint answered 500"))
    assert embed.title == f"{NOT_SCORED.mark} Turn 12 · not scored"
    assert "**Not scored**: the endpoint answered 500" in (embed.description or "")
    assert "```" not in (embed.description or "")
    assert "Critic" not in (embed.footer.text or "")


def test_a_withheld_turn_has_a_card_with_the_reason_and_the_drafts_scores() -> None:
    withheld = replace(
        SENT, state=TurnState.WITHHELD, reply=None, withheld_because="the model refused"
    )
    embed = render_card(replace(CARD, turn=withheld, evaluations=(BEFORE,), reply_link=None))
    assert embed.title == f"{WITHHELD.mark} Turn 12 · withheld"
    assert "**No reply was sent**: the model refused" in (embed.description or "")
    assert "manipulative  62 ████░░ →   -" in (embed.description or "")
    assert "[reply]" not in (embed.description or "")


def test_a_draft_that_went_out_as_it_was_has_one_reason() -> None:
    same = replace(SENT, draft="Hi.", reply="Hi.")
    assert "Of the draft" not in (render_card(replace(CARD, turn=same)).description or "")


def test_several_messages_are_counted() -> None:
    two = Conversation(asked=(Line(speaker="Ben", text="Hi"), *ASKED.asked))
    first = (render_card(replace(CARD, asked=two)).description or "").split("\n")[0]
    assert first == "<#5> **Ana**: I just got promoted today! (and 1 more)"


def test_a_scale_of_the_servers_own_stands_below_the_three() -> None:
    after = scored(Subject.REPLY, 1, 2, 3, 44)
    lines = before_and_after(BEFORE.scores, after.scores).split("\n")
    assert [line.split()[0] for line in lines][-1] == "sarcastic"
    assert "→  44 " in lines[-1]


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "░░░░░░"), (1, "█░░░░░"), (50, "███░░░"), (100, "██████")]
)
def test_bars(value: int, shown: str) -> None:
    assert bar(value) == shown


def test_the_worst_that_people_and_models_write_stays_within_discords_bounds() -> None:
    wall = "*_`~|>#" * 2000
    asked = Conversation(asked=(Line(speaker=wall, text=wall),) * 3)
    turn = replace(SENT, state=TurnState.WITHHELD, withheld_because=wall)
    evaluations = (scored(Subject.DRAFT, 1, 2, 3, 4, reason=wall), AFTER)
    embed = render_card(
        replace(CARD, turn=turn, asked=asked, evaluations=evaluations, failure=wall)
    )
    assert len(embed.title or "") <= 256
    assert len(embed.description or "") <= 4096
    assert len(embed) <= 6000


def test_with_everything_at_its_worst_nothing_but_ratings_is_cut() -> None:
    wall = "*_`~|>#" * 2000
    own = {f"{'w' * 30}{number}": 100 for number in range(5)}
    names = dict.fromkeys(HARMS, 100) | own
    scores = Scores(values=names, reason=wall, method=wall, spread=dict.fromkeys(names, 100))
    before, after = (
        Evaluation(SENT.id, subject, "critic", scores, wall, "0" * 12, NOON) for subject in Subject
    )
    opinions = {"safe": Opinion.UNSURE, "ethical": Opinion.UNSURE, "good": Opinion.UNSURE}
    who = [Moderator(number, wall) for number in range(30)]
    card = replace(
        CARD,
        asked=Conversation(asked=(Line(speaker=wall, text=wall),) * 9),
        evaluations=(before, after),
        verdict=Verdict(**opinions, reason=wall),
        ratings=[Rating(12, one, RatingKind.RESCORE, names, wall, NOON) for one in who],
        trust="AUROC 0.93, finds 88 %, false alarms 4 % (n 240, 2026-11-21)",
        deleted_by=wall,
    )
    embed = render_card(card)
    said = embed.description or ""
    assert len(said) <= 4096
    assert len(embed) <= 6000
    assert len(embed.footer.text or "") <= 2048
    assert said.count("```") == 2
    assert "[reply](https://discord.com/r) · [therapy](https://discord.com/t)" in said
    assert "deleted the reply" in said
    assert "**Rated by 30 people**: 30 rescore" in said
    assert max(len(line) for line in said.split("```")[1].splitlines()) <= 40, "it fits a phone"


def test_nothing_that_is_quoted_pings_or_links() -> None:
    bad = "@everyone <@123456789012345678> [x](https://evil.example) ``` end"
    asked = Conversation(asked=(Line(speaker=bad, text=bad),))
    evaluations = (scored(Subject.DRAFT, 1, 2, 3, reason=bad), AFTER)
    said = render_card(replace(CARD, asked=asked, evaluations=evaluations)).description or ""
    assert "@everyone" not in said
    assert "<@1" not in said
    assert "](https://evil" not in said
    assert said.count("```") == 2


def test_a_card_tells_verdict_trust_spread_and_ratings() -> None:
    spread = {"manipulative": 8, "gaslighting": 0, "narcissistic": 25}
    before, after = (
        replace(one, scores=one.scores.model_copy(update={"spread": spread}))
        for one in (BEFORE, AFTER)
    )
    verdict = Verdict(
        safe=Opinion.YES, ethical=Opinion.NO, good=Opinion.UNSURE, reason="It is about itself."
    )
    ratings = (
        Rating(12, Moderator(1, "Max"), RatingKind.RESCORE, {"manipulative": 10}, "Mild.", NOON),
        Rating(12, Moderator(2, "@everyone"), RatingKind.AGREE, None, "", NOON),
    )
    card = replace(
        CARD, evaluations=(before, after), verdict=verdict, ratings=ratings, trust="not tested"
    )
    said = (render_card(card).description or "").split("\n")
    assert "-# the repeats lie apart by: manipulative 8 → 8, gaslighting 0 → 0, " in said[6]
    assert "**safe ✅ yes · ethical ❌ no · good ❔ unsure**: It is about itself." in said
    assert "👥 **Rated by 2 people**: 1 agree · 1 rescore" in said
    assert "-# Max: rescore · 10 · Mild." in said
    assert "-# @\u200beveryone: agree" in said
    assert "trust: not tested" in (render_card(card).footer.text or "")


def test_twenty_turns_at_their_worst_fit_a_digest() -> None:
    wall = "*_`~|>#" * 500
    asked = Conversation(asked=(Line(speaker=wall, text=wall),))
    withheld = replace(SENT, state=TurnState.WITHHELD, withheld_because=wall)
    link = f"https://discord.com/channels/{'1' * 19}/{'2' * 19}/{'3' * 19}"
    card = replace(CARD, asked=asked, reply_link=link, trust="not tested")
    cards = [
        replace(card, turn=replace(withheld, id=10**8 + number)) for number in range(MOST_TURNS)
    ]
    digest = Digest(1, 5, tuple(card.turn.id for card in cards), NOON)
    embed = render_digest(Room(5, 1, 2, 5), digest, cards)
    assert len(embed.description or "") <= 4096
    assert len(embed) <= 6000
    for card in cards:
        assert f"**[{card.turn.id}]" in (embed.description or ""), "none is dropped"
    assert embed.footer.text == "trust in the Critic: not tested"
    assert len(digest_select(digest, cards).options) == MOST_TURNS
