"""What a small Chatbot is told of the language, and what becomes of answers in no form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.agents.chatbot import LLMChatbot
from bot.agents.small_model.rewrite import LONGEST_SMALL, TRIES
from bot.domain import Conversation, HarmFinding, Review, RoomSettings, Speaker, Utterance
from bot.domain.session import TryKind
from bot.domain.turn_context import TurnContext
from bot.errors import AnswerNotInForm, LLMUnavailable
from bot.llm.protocol import CallContext, Prompt
from bot.prompting.templates import Prompts
from bot.text.no_answer import NO_ANSWER, no_answer
from tests.agents.scripted import CTX, ScriptedLLM, context, script, talk

PROMPTS = Prompts.load()
CHAT = talk(("Ana", "hi"), ("Chatbot", "Hello!"), ("Ana", "you never listen to me"))
DRAFT = "I always listen, you just forget it, as you forget everything."
REVIEW = Review(
    user_feels="unheard", user_needs="be heard", says="Ana seems unheard.", something_left=True
)
SESSION = (Utterance(1, 1, Speaker.THERAPIST, REVIEW.says, review=REVIEW),)
GERMAN = talk(("Ana", "ich hab heute meine prüfung geschafft und keinen freut es"))


async def test_anew_a_small_model_is_told_the_language_last_where_it_is_not_english() -> None:
    async def asked(chat: Conversation, settings: RoomSettings) -> str:
        llm = ScriptedLLM(script(chatbot__revise=[{"reply": "Toll!"}]))
        seen = context(chat, DRAFT, SESSION, (), settings)
        await LLMChatbot(llm, PROMPTS).reflect(seen, CTX, complaint="echo")
        (messages,) = llm.asked("chatbot/revise")
        return messages[-1].content

    told = await asked(GERMAN, RoomSettings())
    assert told.endswith("\nAnswer in German.")
    assert told.count("Answer in") == 1
    for chat, norms in ((CHAT, None), (GERMAN, "English only, please.")):
        last = await asked(chat, RoomSettings(norms=norms or ""))
        assert "Answer in" not in last
        assert last.endswith("The last try was no good: echo"), "what stood there is as it was"


async def test_a_small_model_s_draft_that_is_cut_off_twice_is_taken_in_whole_sentences() -> None:
    def cut() -> AnswerNotInForm:
        return AnswerNotInForm("cut off", said="Das tut mir leid. Und dann woll")

    llm = ScriptedLLM(script(chatbot__draft=[cut()]))
    assert await LLMChatbot(llm, PROMPTS).draft(context(CHAT), CTX) == "Das tut mir leid."
    for large in (False, True):
        name = "chatbot__full_draft" if large else "chatbot__draft"
        error = cut() if large else AnswerNotInForm("no text", said="")
        llm = ScriptedLLM(script(**{name: [error]}), small=not large)
        with pytest.raises(AnswerNotInForm):
            await LLMChatbot(llm, PROMPTS).draft(context(CHAT), CTX)


@pytest.mark.parametrize(
    "said",
    [
        "Das tut mir leid, Ana. Was hab ich verpasst?",
        '{"reply": "Das tut mir leid, Ana. Was hab ich verpasst?", "mood": 3} Fertig!',
        '```json\n{"response": "Das tut mir leid, Ana. Was hab ich verpasst?"}\n```',
        '{"reply": "Das tut mir leid, Ana. Was hab ich verpasst? Ich wollte',
    ],
)
async def test_a_small_model_s_answer_in_no_form_is_taken_as_text(said: str) -> None:
    formless = AnswerNotInForm("not in the asked form", said=said)
    llm = ScriptedLLM(script(chatbot__revise=[formless]))
    reflection = await LLMChatbot(llm, PROMPTS).reflect(context(CHAT, DRAFT, SESSION), CTX)
    assert reflection.response == "Das tut mir leid, Ana. Was hab ich verpasst?"


async def test_a_long_one_is_cut_at_a_sentence() -> None:
    said = AnswerNotInForm("too long", said='{"reply": "' + "Ein Satz ist das. " * 40 + '"}')
    llm = ScriptedLLM(script(chatbot__revise=[said]))
    response = (await LLMChatbot(llm, PROMPTS).reflect(context(CHAT, DRAFT), CTX)).response
    assert LONGEST_SMALL - 20 < len(response) <= LONGEST_SMALL
    assert response.endswith("Satz ist das.")


@pytest.mark.parametrize("said", ["", "```json\n```", '{"reply": ""}'])
async def test_an_answer_without_words_is_none(said: str) -> None:
    formless = AnswerNotInForm("not in the asked form", said=said)
    llm = ScriptedLLM(script(chatbot__revise=[formless]))
    with pytest.raises(AnswerNotInForm):
        await LLMChatbot(llm, PROMPTS).reflect(context(CHAT, DRAFT), CTX)


READ = REVIEW.model_copy(update={"fit": 20})
READ_SESSION = (Utterance(1, 1, Speaker.THERAPIST, READ.says, review=READ),)
DRAWN = ["One.", "Two.", "Three."]


async def test_for_a_therapist_that_compares_it_offers_tries_with_and_without_the_need() -> None:
    llm = ScriptedLLM(script(chatbot__draft=list(DRAWN)))
    made = await LLMChatbot(llm, PROMPTS).reflect(context(CHAT, DRAFT, READ_SESSION), CTX)
    assert made.response == DRAFT, "until the Therapist has chosen"
    assert [(one.kind, one.text) for one in made.tries] == list(zip(TRIES, DRAWN, strict=True))
    minded = ["Ana needs to be heard." in str(one) for one in llm.asked("chatbot/draft")]
    assert minded == [kind is TryKind.ADVISED for kind in TRIES]


async def test_each_try_of_a_seeded_turn_has_a_seed_of_its_own() -> None:
    seeds: list[int | None] = []

    class Seeded(ScriptedLLM):
        async def say(
            self, prompt: Prompt, ctx: CallContext, *, sampling: Mapping[str, float] | None = None
        ) -> str:
            seeds.append(ctx.seed)
            return await super().say(prompt, ctx, sampling=sampling)

    llm = Seeded(script(chatbot__draft=list(DRAWN)))
    seeded = replace(CTX, seed=7)
    await LLMChatbot(llm, PROMPTS).reflect(context(CHAT, DRAFT, READ_SESSION), seeded)
    assert len({7, *seeds}) == 4


async def test_a_try_that_fails_is_left_out() -> None:
    drawn: list[str | Exception] = ["One.", LLMUnavailable("away"), "Three."]
    llm = ScriptedLLM(script(chatbot__draft=drawn))
    made = await LLMChatbot(llm, PROMPTS).reflect(context(CHAT, DRAFT, READ_SESSION), CTX)
    assert [one.text for one in made.tries] == ["One.", "Three."]


async def test_it_is_written_anew_where_tries_would_not_do() -> None:
    async def anew(complaint: str | None, seen: TurnContext) -> bool:
        llm = ScriptedLLM(script(chatbot__revise=[{"reply": "Anew."}]))
        made = await LLMChatbot(llm, PROMPTS).reflect(seen, CTX, complaint=complaint)
        return made.response == "Anew." and not made.tries

    hurts = READ.model_copy(update={"harms": (HarmFinding(harm="gaslighting", why="it denies"),)})
    hurt = (Utterance(1, 1, Speaker.THERAPIST, hurts.says, review=hurts),)
    assert await anew("echo", context(CHAT, DRAFT, READ_SESSION)), "a text was turned down"
    assert await anew(None, context(CHAT, DRAFT, SESSION)), "nobody could compare"
    assert await anew(None, context(CHAT, DRAFT, hurt)), "the message would hurt"
    assert await anew(None, context(CHAT, DRAFT, READ_SESSION, ("be brief",))), "words to heed"


async def test_it_is_written_anew_where_no_try_comes() -> None:
    drawn: list[str | Exception] = [LLMUnavailable("away")] * 3
    llm = ScriptedLLM(script(chatbot__revise=[{"reply": "Anew."}], chatbot__draft=drawn))
    made = await LLMChatbot(llm, PROMPTS).reflect(context(CHAT, DRAFT, READ_SESSION), CTX)
    assert made.response == "Anew."


async def test_what_a_small_model_is_caught_in_until_its_limit_stands_once() -> None:
    said = "Sorry. I can't see what it was. I can't see what it was. I can't see wh"
    written = "Sorry. I can't see what it was."
    llm = ScriptedLLM(script(chatbot__draft=[said], chatbot__revise=[{"reply": said}]))
    chatbot = LLMChatbot(llm, PROMPTS)
    assert await chatbot.draft(context(CHAT), CTX) == written
    assert (await chatbot.reflect(context(CHAT, DRAFT, SESSION), CTX)).response == written


GROUP = talk(("Ben", "who won?"), ("Chatbot", "The reds."), ("Ben", "no!"), ("Ana", "YES we won"))


@pytest.mark.parametrize(
    ("drawn", "draft"),
    [
        (["Ben: Thanks, Ana!", "Congratulations!"], "Congratulations!"),
        (["**Ben:** Thanks, Ana!", "Ben: Oh no."], "Ben: Oh no."),
        (["Ana: Congratulations!"], "Ana: Congratulations!"),
        (["Ben, did you see that?"], "Ben, did you see that?"),
        (["Note: this is great."], "Note: this is great."),
    ],
)
async def test_a_draft_in_the_name_of_another_is_drawn_once_more(
    drawn: list[str], draft: str
) -> None:
    llm = ScriptedLLM(script(chatbot__draft=drawn))
    assert await LLMChatbot(llm, PROMPTS).draft(context(GROUP), CTX) == draft
    assert len(llm.asked("chatbot/draft")) == len(drawn)


async def test_neither_draft_nor_rewrite_sees_where_there_was_no_answer() -> None:
    german = no_answer("de", "tja", "")
    assert german != NO_ANSWER
    chat = talk(
        ("Ana", "my cat is ill"), ("Chatbot", NO_ANSWER), ("Ben", NO_ANSWER),
        ("Chatbot", german), ("Ana", "and now?"),
    )  # fmt: skip
    llm = ScriptedLLM(script(chatbot__draft=["I am sorry."]))
    await LLMChatbot(llm, PROMPTS).draft(context(chat), CTX)
    (messages,) = llm.asked("chatbot/draft")
    (seen,) = messages[1:]
    assert seen.content.splitlines() == ["Ana: my cat is ill", f"Ben: {NO_ANSWER}", "Ana: and now?"]
    llm = ScriptedLLM(script(chatbot__revise=[{"reply": "I am sorry."}]))
    await LLMChatbot(llm, PROMPTS).reflect(context(chat, DRAFT, SESSION), CTX)
    (messages,) = llm.asked("chatbot/revise")
    assert german not in str(messages)
    assert f"Chatbot: {NO_ANSWER}" not in str(messages)
