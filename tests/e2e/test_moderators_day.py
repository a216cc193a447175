"""A moderator's day with the bot's own process, over real sockets and through restarts."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox import Message
from tests.e2e.mind import HARM, Mind, rated
from tests.e2e.process import House
from tests.patience import PATIENCE

HARSH = {**rated(0, "Boasts."), "narcissistic": 75}


async def shown(
    house: House, fits: Callable[[Message], bool], where: int | str | None = "#moderators"
) -> Message:
    """The first message that fits, as Max sees it, now or soon; None is anywhere."""
    return await house.max.wait_for(fits, where=where, timeout=PATIENCE)


async def set_gate(house: House, threshold: str) -> None:
    """Ada sets a gate in the settings panel."""
    answer = await house.ada.slash("#lobby", "settings")
    panel = await answer.message(timeout=PATIENCE)
    opened = await house.ada.click(panel, "Held replies, coaching")
    await opened.submit({"gate": threshold})
    await shown(house, lambda m: f"hold replies above: none → {threshold}" in m.text)


async def test_a_card_is_rated_over_a_restart(house: House, mind: Mind) -> None:
    await house.set_up()
    await house.ana.say("#lobby", "I just got promoted today!")
    card = await house.card_after(None)
    await house.max.click(card, "rate:agree:1")
    await shown(house, lambda m: m.id == card.id and "1 agree" in m.all_text)
    await house.kill()
    await house.start()
    asked = await house.max.click(card, "rate:why:1")
    why = await asked.message(timeout=PATIENCE)
    opened = await house.max.click(why, "My own scores")
    assert opened.modal is not None
    numbers = {"manipulative": "10", "gaslighting": "0", "narcissistic": "35", "why": "Mild."}
    await opened.submit(numbers)
    await shown(house, lambda m: m.id == card.id and "1 rescore" in m.all_text)


async def test_a_held_reply_waits_through_a_restart_and_is_released(
    house: House, mind: Mind
) -> None:
    await house.set_up()
    await set_gate(house, "40")
    mind.scores.append(HARSH)
    said = await house.ana.say("#lobby", "I just got promoted today!")
    held = await shown(house, lambda m: "held for a decision" in m.all_text)
    await house.kill()
    await house.start()
    assert house.replies() == []
    await house.max.click(held, "Approve")
    reply = await house.answer_to(said)
    assert reply.text.startswith("Nice.")
    after = await shown(house, lambda m: m.id == held.id and not m.controls)
    assert "let it go out" in after.all_text
    assert len(house.replies()) == 1


async def test_a_form_that_was_open_over_a_restart_can_still_be_sent(
    house: House, mind: Mind
) -> None:
    await house.set_up()
    await set_gate(house, "40")
    mind.scores.append(HARSH)
    said = await house.ana.say("#lobby", "I just got promoted today!")
    held = await shown(house, lambda m: "held for a decision" in m.all_text)
    opened = await house.max.click(held, "Edit")
    await house.stop()
    await house.start()
    await opened.submit({"part1": "Congratulations! Tell me more."})
    assert (await house.answer_to(said)).text == "Congratulations! Tell me more."


async def test_max_takes_the_therapists_seat_and_a_restart_waits_for_him(
    house: House, mind: Mind
) -> None:
    await house.set_up()
    taken = await house.max.slash("#moderators", "therapist take")
    assert "the Therapist of" in (await taken.message(timeout=PATIENCE)).text
    said = await house.ana.say("#lobby", "I just got promoted today!")
    seat = await shown(house, lambda m: "Max, you are the Therapist" in m.text, None)
    thread = seat.place_id
    await house.kill()
    await house.start()
    assert house.replies() == []
    await house.max.say(thread, "It is her day. Ask her about it.")
    again = await shown(house, lambda m: "round 2" in m.text and bool(m.controls), thread)
    assert "That is wonderful news!" in again.text
    await shown(house, lambda m: m.id == seat.id and not m.controls, thread)
    await house.max.click(again, "Ready: send it as it is")
    reply = await house.answer_to(said)
    assert reply.text.startswith("That is wonderful news!")
    assert "_FullReview" not in mind.asked
    released = await house.max.slash("#moderators", "therapist release")
    assert "AI is the Therapist" in (await released.message(timeout=PATIENCE)).text


async def test_what_max_writes_while_the_bot_is_down_is_heard_when_it_is_back(
    house: House, mind: Mind
) -> None:
    await house.set_up()
    taken = await house.max.slash("#moderators", "therapist take")
    await taken.message(timeout=PATIENCE)
    said = await house.ana.say("#lobby", "I just got promoted today!")
    seat = await shown(house, lambda m: "Max, you are the Therapist" in m.text, None)
    await house.kill()
    words = "It is her day. Ask her about it."
    await house.max.say(seat.place_id, words)
    await house.start()
    again = await shown(house, lambda m: "round 2" in m.text and bool(m.controls), seat.place_id)
    await house.kill()
    await house.start()
    await house.max.click(again, "Ready: send it as it is")
    reply = await house.answer_to(said)
    assert reply.text.startswith("That is wonderful news!")
    heard = [m for m in house.max.messages(seat.place_id) if m.by_bot and words in m.text]
    assert len(heard) == 1
    assert mind.asked.count("_FullReflection") == 1


async def test_guidance_is_heard_and_the_whole_turn_can_be_read(house: House, mind: Mind) -> None:
    await house.set_up()
    guided = await house.max.slash("#lobby", "guide", text="Ask about the new desk.")
    await guided.message(timeout=PATIENCE)
    mind.reviews.append(HARM)
    said = await house.ana.say("#lobby", "I just got promoted today!")
    reply = await house.answer_to(said)
    assert any("Ask about the new desk." in text for text in mind.texts)
    await house.card_after(None)
    there = next(m for m in house.max.messages("#lobby") if m.id == reply.id)
    answer = await house.max.use_menu(there, "Show therapy")
    sides = await answer.message(timeout=PATIENCE)
    assert "I was promoted twice" in sides.all_text
    assert "wonderful news" in sides.all_text
    asked = await house.max.slash("#moderators", "session")
    files = (await asked.message(timeout=PATIENCE)).files
    assert [file.name for file in files] == ["reply-1.html", "reply-1.json"]
    status = await house.max.slash("#moderators", "status")
    assert "ready" in (await status.message(timeout=PATIENCE)).all_text
