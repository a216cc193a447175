from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

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
from bot.domain.session import HarmFinding, Review, Speaker, Utterance
from bot.llm.protocol import Usage
from bot.reports.critic_names import name_critic
from bot.rooms.evaluation.evaluation_room import scores_of
from bot.rooms.evaluation.headline import Findings, Headline
from bot.storage.stores.digests import MOST_TURNS
from bot.text.moderator_texts import reading
from bot.text.no_answer import NO_ANSWER
from cogs.evaluation_room.card import LOOKS, Card, render_card
from cogs.evaluation_room.details import render_details
from cogs.evaluation_room.digest import digest_select, render_digest
from cogs.evaluation_room.rating_view import card_buttons, why_buttons
from cogs.shared.bars import bar, before_and_after

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SENT = Turn(
    id=99,
    number=12,
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


def card_of(turn: Turn = SENT, *evaluations: Evaluation, **more: Any) -> Card:
    """A card of that turn with these evaluations, by a Critic that is measured."""
    before, after = (scores_of(evaluations, subject) for subject in Subject)
    about = {name: more.pop(name) for name in ("verdict", "session", "wrong_language", "measured")
             if name in more}  # fmt: skip
    found = Findings(turn, before, after, **about)
    given: dict[str, Any] = {
        "asked": ASKED,
        "failure": None,
        "usage": USAGE,
        "reply_link": "https://discord.com/r",
        "thread_link": "https://discord.com/t",
    }
    return Card(found=found, evaluations=evaluations, **(given | more))


CARD = card_of(SENT, BEFORE, AFTER)


def description(card: Card) -> str:
    return render_card(card).description or ""


def details(card: Card) -> str:
    return render_details(card).description or ""


def test_a_card_is_read_in_two_seconds() -> None:
    embed = render_card(CARD)
    assert embed.title == "🟢 Reply #12 · nothing found"
    assert description(CARD).split("\n") == [
        "**Ana**: I just got promoted today!",
        "### Congratulations!",
        "Would have been sent: Enough about you.",
        "-# <#5> · [reply](https://discord.com/r) · [therapy](https://discord.com/t)",
    ]
    assert embed.timestamp == SENT.replied_at
    assert embed.footer.text is None


def test_what_would_have_been_sent_stands_only_where_it_differs() -> None:
    same = card_of(replace(SENT, draft="Hi.", reply="Hi."), BEFORE, AFTER)
    assert "### Hi." in description(same)
    assert "Would have been" not in description(same)


def test_no_figure_of_a_statistician_stands_on_the_front() -> None:
    card = replace(CARD, trust="good, in English")
    front = str(render_card(card).to_dict())
    for word in ("AUROC", "yes/no", "tokens", "call", "a-model", "$", "manipulative"):
        assert word not in front, word


def test_all_else_is_in_the_details() -> None:
    embed = render_details(CARD)
    assert embed.title == "Details · reply #12 · nothing found"
    assert details(CARD).split("\n") == [
        "**Ana**: I just got promoted today!",
        "```",
        "manipulative  62 ███▊░░ →  10 ▋░░░░░",
        "gaslighting    5 ▎░░░░░ →   0 ░░░░░░",
        "narcissistic  81 ████▉░ →  20 █▎░░░░",
        "```",
        "**On the draft**: it boasts",
        "**On the reply**: it listens",
        "[reply](https://discord.com/r) · [therapy](https://discord.com/t)",
    ]
    assert embed.footer.text == (
        "answered after 3.1 s · $0.0021 · 2 rounds of therapy · 7 calls to models · 2,140 tokens · "
        "scores by how likely a-model says yes to questions"
    )


def test_the_return_is_in_the_details_once_it_is_known() -> None:
    assert "Return" not in details(CARD)
    (line,) = (line for line in details(replace(CARD, discounted_return=1.234)).split("\n")
               if "Return" in line)  # fmt: skip
    assert line.startswith("-# Return +1.23: what therapy gained in this reply")
    with reading("de"):
        assert "-# Ertrag -0,50: was die Therapie" in details(replace(CARD, discounted_return=-0.5))


def test_figures_are_the_readers() -> None:
    with reading("fr"):
        said = render_details(CARD).footer.text or ""
    assert "$0,0021" in said
    assert "3,1 s" in said
    assert "2\N{NARROW NO-BREAK SPACE}140 tokens" in said


def test_a_card_of_a_simulation_bears_its_mark_wherever_it_is_shown() -> None:
    card = replace(CARD, simulated=True)
    assert render_card(card).title == "🎭 🟢 Reply #12 · nothing found"
    assert render_details(card).title == "🎭 Details · reply #12 · nothing found"
    digest = Digest(1, 5, (99,), NOON)
    room = Room(5, 1, 2, 3, simulated=True)
    assert "🎭 🟢 **[#12]" in (render_digest(room, digest, [card]).description or "")
    assert digest_select(digest, [card]).options[0].label.startswith("🎭 Reply #12")


def test_a_model_of_ones_own_has_no_price() -> None:
    free = replace(CARD, usage=replace(USAGE, cost=0.0))
    assert "$" not in (render_details(free).footer.text or "")


def empathetic(one: Evaluation, value: int) -> Evaluation:
    return replace(one, scores=one.scores.model_copy(update={"empathetic": value}))


def test_details_and_a_digest_show_how_empathetic_both_are_where_that_was_measured() -> None:
    card = card_of(SENT, empathetic(scored(Subject.DRAFT, 62, 5, 81, 9), 20), empathetic(AFTER, 75))
    assert details(card).split("\n")[4:7] == [
        "narcissistic  81 ████▉░ →  20 █▎░░░░",
        "empathetic ↑  20 █▎░░░░ →  75 ████▌░",
        "sarcastic      9 ▌░░░░░ →   -",
    ]
    digest = Digest(1, 5, (12,), NOON)
    room = Room(5, 1, 6, 5)
    assert "nothing found · 81 → 20 · empathetic 20 → 75 ·" in (
        render_digest(room, digest, [card]).description or ""
    )
    assert "empathetic" not in (render_digest(room, digest, [CARD]).description or "")


def test_a_server_s_own_scale_of_that_name_stands_first() -> None:
    values = {**AFTER.scores.values, "empathetic": 3}
    own = AFTER.scores.model_copy(update={"values": values, "empathetic": 75})
    assert own.shown["empathetic"] == 3


DELETED = (
    "What was said here is deleted, as somebody had their words forgotten, deleted a message "
    "or left."
)
GONE_SAID = Conversation(asked=(Line(speaker="someone", text="(no longer kept)"),))
OLD = "What was said here is older than this room keeps words: only figures are left."


def test_where_a_fixed_sentence_was_sent_there_are_no_scores_to_agree_with() -> None:
    said = replace(SENT, reply=NO_ANSWER)
    card = card_of(said, BEFORE)
    assert str(render_card(card).title).endswith("had no answer")
    assert "The Critic gave no scores" not in description(card)
    assert "A fixed sentence was sent" in details(card)
    assert [one.custom_id for one in card_buttons(said)] == ["rate:why:99", "rate:show:99"]
    behind = [one.custom_id for one in why_buttons(said, deleted=False)]
    assert behind == ["rate:rescore:99", "rate:delete:99"]


@pytest.mark.parametrize("state", [TurnState.SENT, TurnState.WITHHELD])
def test_a_card_says_that_its_words_are_gone_and_has_no_buttons_for_them(state: TurnState) -> None:
    empty = replace(SENT, state=state, draft=None, reply=None)
    card = card_of(empty, BEFORE, AFTER, asked=GONE_SAID, failure="(no longer kept)")
    assert description(card).splitlines() == [
        OLD,
        "-# <#5> · [reply](https://discord.com/r) · [therapy](https://discord.com/t)",
    ]
    assert details(card).splitlines()[:2] == [OLD, "```"], "scores are kept"
    digest = Digest(1, 5, (12,), NOON)
    assert f" · {OLD}" in (render_digest(Room(5, 1, 6, 5), digest, [card]).description or "")
    assert [one.custom_id for one in card_buttons(empty)] == ["rate:show:99"]
    assert card_buttons(replace(empty, evaluation=EvaluationState.FAILED)) == []
    for shown in (description(card), details(card)):
        assert "someone" not in shown
        assert "(no" not in shown


def test_of_a_turn_whose_reply_alone_is_gone_the_question_stands() -> None:
    card = card_of(replace(SENT, draft=None, reply=None), BEFORE, AFTER)
    assert description(card).splitlines()[:2] == [
        "**Ana**: I just got promoted today!",
        DELETED,
    ]


def test_details_say_what_the_seconds_hold() -> None:
    paused = render_details(replace(CARD, paused=True)).footer.text or ""
    assert paused.startswith("answered after 3.1 s, including the time it was paused or held · ")
    held = replace(CARD, found=replace(CARD.found, held=True))
    assert "was paused or held" in (render_details(held).footer.text or "")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("written 19407c5a", "scores as m wrote them down"),
        ("probe 3", "scores read from inside m"),
        ("yes/no 19407c5a", "scores by how likely m says yes to questions"),
        ("by hand 19407c5a", "scores by m"),
    ],
)
def test_a_critic_is_named_in_words(method: str, said: str) -> None:
    assert name_critic(method, "m") == said


def test_details_name_what_the_therapist_worked_on() -> None:
    card = replace(CARD, worked_on=("unheard", "harmful_help"))
    assert "🛋️ **Worked on**: unheard, harmful help" in details(card).split("\n")


def test_details_say_which_adapter_spoke() -> None:
    usage = replace(USAGE, adapters=[(Agent.CHATBOT, "talk (0a1b2c3d) at 0.6")])
    footer = render_details(replace(CARD, usage=usage)).footer.text or ""
    assert footer.endswith(" to questions · chatbot with adapter talk (0a1b2c3d) at 0.6")


def test_details_say_which_fallback_spoke() -> None:
    usage = replace(USAGE, fallbacks=[(Agent.CRITIC, "other/m2")])
    footer = render_details(replace(CARD, usage=usage)).footer.text or ""
    assert footer.endswith(" to questions · critic by its fallback other/m2")


def test_mark_word_and_colour_say_the_same() -> None:
    assert set(LOOKS) == set(Headline)
    embed = render_card(card_of(SENT, BEFORE, scored(Subject.REPLY, 0, 73, 0)))
    assert embed.title == "🔴 Reply #12 · hurtful"
    assert embed.colour is not None
    assert embed.colour.value == LOOKS[Headline.HURTFUL].colour
    green = [headline for headline in Headline if LOOKS[headline].mark == "🟢"]
    assert green == [Headline.NOTHING_FOUND]


def test_what_the_critic_could_not_score_says_so() -> None:
    card = card_of(SENT, failure="the endpoint answered 500")
    assert render_card(card).title == "⚪ Reply #12 · can't tell"
    assert "-# The Critic gave no scores: the endpoint answered 500" in description(card)
    assert "**Not scored**: the endpoint answered 500" in details(card)
    assert "```" not in details(card)
    assert "scores by" not in (render_details(card).footer.text or "")


def test_a_withheld_turn_has_a_card_with_the_reason_and_the_drafts_scores() -> None:
    withheld = replace(
        SENT, state=TurnState.WITHHELD, reply=None, withheld_because="the model refused"
    )
    card = replace(card_of(withheld, BEFORE), reply_link=None)
    assert render_card(card).title == "⛔ Reply #12 · withheld"
    assert "### No reply was sent: the model refused" in description(card)
    assert "Would have been sent: Enough about you." in description(card)
    assert "[reply]" not in description(card)
    assert "manipulative  62 ███▊░░ →   -" in details(card)


def test_details_say_why_the_two_disagree_and_in_which_language_it_was() -> None:
    found = Review(
        user_feels="", user_needs="", says="", something_left=True,
        harms=(HarmFinding(harm="gaslighting", why="it denies"),),
    )  # fmt: skip
    said = Utterance(1, 1, Speaker.THERAPIST, "…", review=found)
    mild = scored(Subject.DRAFT, 1, 4, 0)
    card = card_of(SENT, mild, AFTER, session=(said,))
    assert render_card(card).title == "🟠 Reply #12 · they disagree"
    assert "The Therapist found in the draft: gaslighting. The Critic gave it 4 of 100." in details(
        card
    )
    foreign = card_of(SENT, mild, AFTER, wrong_language=("en", "de"))
    assert "The reply is in English; they wrote in German." in details(foreign)


def test_a_critic_that_nobody_measured_is_never_green() -> None:
    card = card_of(SENT, BEFORE, AFTER, measured=False)
    assert render_card(card).title == "⚪ Reply #12 · can't tell"
    assert "Nobody has tested how good this Critic is" in details(card)


def test_several_messages_are_counted() -> None:
    two = Conversation(asked=(Line(speaker="Ben", text="Hi"), *ASKED.asked))
    first = description(replace(CARD, asked=two)).split("\n")[0]
    assert first == "**Ana**: I just got promoted today! (and 1 more)"


def test_a_scale_of_the_servers_own_stands_below_the_three() -> None:
    after = scored(Subject.REPLY, 1, 2, 3, 44)
    lines = before_and_after(BEFORE.scores, after.scores).split("\n")
    assert [line.split()[0] for line in lines][-1] == "sarcastic"
    assert "→  44 " in lines[-1]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "░░░░░░"), (1, "▏░░░░░"), (16, "█░░░░░"), (50, "███░░░"), (99, "██████"), (100, "██████")],
)
def test_bars(value: int, shown: str) -> None:
    assert bar(value) == shown


def worst_card() -> Card:
    """Everything that people and models write is as long and as full of markup as can be."""
    wall = "*_`~|>#" * 2000
    own = {f"{'w' * 30}{number}": 100 for number in range(5)}
    names = dict.fromkeys(HARMS, 100) | own
    scores = Scores(values=names, reason=wall, method=wall, spread=dict.fromkeys(names, 100))
    before, after = (
        Evaluation(SENT.id, subject, "critic", scores, wall, "0" * 12, NOON) for subject in Subject
    )
    opinions = {"safe": Opinion.UNSURE, "ethical": Opinion.UNSURE, "good": Opinion.UNSURE}
    who = [Moderator(number, wall) for number in range(30)]
    return card_of(
        replace(SENT, draft=wall, reply=wall * 2),
        before,
        after,
        asked=Conversation(asked=(Line(speaker=wall, text=wall),) * 9),
        failure=wall,
        verdict=Verdict(**opinions, reason=wall),
        ratings=[Rating(12, one, RatingKind.RESCORE, names, wall, NOON) for one in who],
        trust="good, in English (it was not tested in other languages)",
        deleted_by=wall,
    )


def test_the_worst_that_people_and_models_write_stays_within_discords_bounds() -> None:
    withheld = replace(SENT, state=TurnState.WITHHELD, withheld_because="*_`~|>#" * 2000)
    for card in (worst_card(), replace(worst_card(), found=replace(CARD.found, turn=withheld))):
        for embed in (render_card(card), render_details(card)):
            assert len(embed.title or "") <= 256
            assert len(embed.description or "") <= 4096
            assert len(embed) <= 6000
        assert "-# <#5> · [reply](https://discord.com/r)" in description(card), "nothing is cut"


def test_with_everything_at_its_worst_nothing_but_ratings_is_cut() -> None:
    said = details(worst_card())
    assert len(render_details(worst_card()).footer.text or "") <= 2048
    assert said.count("```") == 2
    assert "[reply](https://discord.com/r) · [therapy](https://discord.com/t)" in said
    assert "**Rated by 30 people**" in said
    assert "30 rescore" in description(worst_card())
    assert max(len(line) for line in said.split("```")[1].splitlines()) <= 40, "it fits a phone"


def test_nothing_that_is_quoted_pings_or_links() -> None:
    bad = "@everyone <@123456789012345678> [x](https://evil.example) ``` end"
    asked = Conversation(asked=(Line(speaker=bad, text=bad),))
    turn = replace(SENT, draft=bad, reply=bad)
    card = card_of(turn, scored(Subject.DRAFT, 1, 2, 3, reason=bad), AFTER, asked=asked)
    for said in (description(card), details(card)):
        assert "@everyone" not in said
        assert "<@1" not in said
        assert "](https://evil" not in said
    assert description(card).count("```") == 0
    assert details(card).count("```") == 2


def test_details_tell_verdict_trust_spread_and_ratings() -> None:
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
    card = card_of(SENT, before, after, verdict=verdict, ratings=ratings, trust="not tested")
    said = details(card).split("\n")
    assert (
        "-# scored several times, a text differed by: manipulative 8 → 8, gaslighting 0 → 0, "
        in said[6]
    )
    assert "**safe: yes · ethical: no · good: unsure** (It is about itself.)" in said
    assert "👥 **Rated by 2 people**" in said
    assert "-# Max: rescore · 10 · Mild." in said
    assert "-# @\u200beveryone: agree" in said
    assert "trust in the Critic: not tested" in (render_details(card).footer.text or "")
    assert "-# 👥 1 agree · 1 rescore" in description(card).split("\n")


def test_twenty_turns_at_their_worst_fit_a_digest() -> None:
    wall = "*_`~|>#" * 500
    asked = Conversation(asked=(Line(speaker=wall, text=wall),))
    withheld = replace(SENT, state=TurnState.WITHHELD, withheld_because=wall)
    link = f"https://discord.com/channels/{'1' * 19}/{'2' * 19}/{'3' * 19}"
    cards = [
        card_of(
            replace(withheld, number=10**8 + number),
            BEFORE,
            asked=asked,
            reply_link=link,
            trust="not tested",
        )
        for number in range(MOST_TURNS)
    ]
    digest = Digest(1, 5, tuple(card.turn.id for card in cards), NOON)
    embed = render_digest(Room(5, 1, 2, 5), digest, cards)
    assert len(embed.description or "") <= 4096
    assert len(embed) <= 6000
    for card in cards:
        assert f"**[#{card.turn.number}]" in (embed.description or ""), "none is dropped"
    assert embed.footer.text == "trust in the Critic: not tested"
    assert len(digest_select(digest, cards).options) == MOST_TURNS
