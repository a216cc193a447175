"""The choice among the Chatbot's tries: the best that passes the check, and never a worse one."""

from __future__ import annotations

import pytest

from bot.domain import Reflection
from bot.domain.session import Try, TryKind
from bot.errors import LLMUnavailable
from bot.reports.session_notes import notes_of
from bot.rooms.chat.fixed_texts import APOLOGY, fixed_text
from bot.rooms.therapy.choosing import KEPT, LEAST, SAYS_SO
from bot.text.no_answer import NO_ANSWER, NO_ANSWER_TO_QUESTION
from tests.world import HARM, UNHEARD, World

READ = UNHEARD.model_copy(update={"fit": 30, "gives_needs": False})
DRAFT = "Cats are mammals."
WARM = "What are yours called?"
COOL = "I see, cats it is."


@pytest.fixture
def choosing(world: World) -> World:
    """A world in which the Therapist has read the draft as 30, and there are tries."""
    world.script.drafts.append(DRAFT)
    world.script.reviews.append(READ)
    world.script.responses.append(DRAFT)
    world.script.tries = (Try(kind=TryKind.ADVISED, text=COOL), Try(kind=TryKind.DRAWN, text=WARM))
    world.script.fits = {COOL: 35, WARM: 60}
    return world


async def reflection_of(world: World) -> Reflection:
    (said,) = [one.reflection for one in await world.stores.turns.utterances(1) if one.reflection]
    return said


async def test_what_reads_best_is_the_reply_and_all_is_on_record(choosing: World) -> None:
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == [WARM]
    kept = await reflection_of(choosing)
    assert [(one.kind, one.fit, one.chosen) for one in kept.tries] == [
        (TryKind.MESSAGE, 30, False), (TryKind.ADVISED, 35, False), (TryKind.DRAWN, 60, True),
    ]  # fmt: skip
    said = (await choosing.stores.turns.utterances(1))[-1]
    assert [note.label for note in notes_of(said) if note.text in (WARM, COOL)] == [
        "a try with the need in mind, fits 35 of 100", "one more try, fits 60 of 100, chosen"
    ]  # fmt: skip


@pytest.mark.parametrize("fits", [{COOL: 29, WARM: 30}, {COOL: 29, WARM: 39}])
async def test_what_does_not_read_clearly_better_does_not_take_the_messages_place(
    choosing: World, fits: dict[str, int]
) -> None:
    choosing.script.fits = fits
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == [DRAFT]
    kept = await reflection_of(choosing)
    assert kept.reflection == KEPT
    called = choosing.script.called
    assert (called.count("review"), called.count("reflect")) == (1, 1), "one round is enough"


async def test_what_a_check_turns_down_is_not_chosen_however_it_reads(choosing: World) -> None:
    leak = "My therapist said that I should ask what yours are called."
    choosing.script.tries = (Try(kind=TryKind.DRAWN, text=leak), *choosing.script.tries)
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == [WARM]
    (held,) = [one for one in (await reflection_of(choosing)).tries if one.turned_down]
    assert (held.text, held.fit) == (leak, None)
    assert held.turned_down.startswith("leak")


async def test_a_message_that_would_hurt_is_no_choice(choosing: World) -> None:
    hurts = READ.model_copy(update={"harms": HARM.harms, "fit": 99})
    choosing.script.reviews.clear()
    choosing.script.reviews.append(hurts)
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == [WARM]


async def test_what_reads_better_but_not_well_does_not_either(choosing: World) -> None:
    choosing.script.reviews.clear()
    choosing.script.reviews.append(READ.model_copy(update={"fit": 28}))
    choosing.script.fits = {COOL: 29, WARM: 39}
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == [DRAFT]


async def test_a_message_that_a_check_turns_down_gives_way_to_the_best_there_is(
    choosing: World,
) -> None:
    choosing.script.drafts.clear()
    choosing.script.drafts.append("My therapist said that cats are mammals.")
    choosing.script.fits = {COOL: 30, WARM: 31}
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == [WARM]


async def test_the_same_text_is_read_once(choosing: World) -> None:
    choosing.script.tries = (
        Try(kind=TryKind.DRAWN, text=WARM), Try(kind=TryKind.DRAWN, text=f"{WARM} ".upper())
    )  # fmt: skip
    await choosing.say("cats")
    await choosing.settle()
    assert len((await reflection_of(choosing)).tries) == 2


async def test_without_tries_nobody_compares(world: World) -> None:
    world.script.reviews.append(READ)
    await world.say("cats")
    await world.settle()
    assert "compare" not in world.script.called
    assert (await reflection_of(world)).tries == ()


async def test_where_the_comparison_fails_no_text_goes_out_unread(choosing: World) -> None:
    choosing.script.fits = LLMUnavailable("away")
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == []
    assert choosing.chat.texts() == [APOLOGY]


async def test_where_no_try_passes_the_check_it_says_that_it_keeps_its_message(
    choosing: World,
) -> None:
    leaks = "My therapist said that you should ask."
    choosing.script.tries = (Try(kind=TryKind.DRAWN, text=leaks),)
    await choosing.say("cats")
    await choosing.settle()
    assert choosing.chat.replies() == [DRAFT]
    kept = await reflection_of(choosing)
    assert kept.reflection == KEPT
    assert [one.kind for one in kept.tries if one.chosen] == [TryKind.MESSAGE]
    assert "compare" not in choosing.script.called


async def says(world: World, said: str, *, best: int = LEAST - 1) -> None:
    """Have Ana say something to which the Chatbot has nothing that reads better than ``best``."""
    world.script.drafts.append(DRAFT)
    world.script.reviews.append(READ.model_copy(update={"fit": best - 1}))
    world.script.responses.append(DRAFT)
    world.script.tries = (Try(kind=TryKind.DRAWN, text=WARM),)
    world.script.fits = {WARM: best}
    await world.say(said)
    await world.settle()


async def test_where_nothing_reads_fit_a_fixed_sentence_says_so(world: World) -> None:
    await says(world, "my cat is ill")
    assert world.chat.replies() == [NO_ANSWER]
    said = (await world.stores.turns.utterances(1))[-1]
    kept = said.reflection
    assert kept is not None
    assert kept.reflection == SAYS_SO
    assert kept.has_no_answer
    assert [(one.kind, one.fit, one.chosen) for one in kept.tries] == [
        (TryKind.MESSAGE, LEAST - 2, False),
        (TryKind.DRAWN, LEAST - 1, False),
        (TryKind.NO_ANSWER, None, True),
    ]
    assert "a fixed sentence, as none of these is fit to send" in [
        note.label for note in notes_of(said)
    ]


async def test_a_try_goes_out_in_place_of_a_message_that_may_not(world: World) -> None:
    await says(world, "my cat is ill", best=LEAST)
    assert world.chat.replies() == [WARM]


async def test_a_message_that_reads_just_well_enough_goes_out(world: World) -> None:
    await says(world, "my cat is ill", best=LEAST + 1)
    assert world.chat.replies() == [DRAFT]


async def test_the_sentence_is_in_the_persons_language(world: World) -> None:
    await says(world, "Meine Katze ist krank, und ich weiß nicht, was ich tun soll.")
    assert world.chat.replies() == [fixed_text(NO_ANSWER, "de")]
    assert world.chat.replies() != [NO_ANSWER]


async def test_after_few_words_it_is_in_the_language_of_the_talk(world: World) -> None:
    for said in ("Meine Katze ist krank, und ich weiß nicht, was ich tun soll.", "tja"):
        await says(world, said)
    assert world.chat.replies()[-1] == fixed_text(NO_ANSWER_TO_QUESTION, "de")


async def test_it_is_in_other_words_to_a_question_and_never_twice_running_in_the_same(
    world: World,
) -> None:
    for said in ("my cat is ill", "is she dying?", "and why?", "she does not eat", "at all"):
        await says(world, said)
    assert world.chat.replies() == [
        NO_ANSWER, NO_ANSWER_TO_QUESTION, NO_ANSWER, NO_ANSWER_TO_QUESTION, NO_ANSWER
    ]  # fmt: skip
    assert not world.script.drafts, "each was drawn once"
