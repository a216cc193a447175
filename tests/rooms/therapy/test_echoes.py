"""Which texts only say again what stands in the conversation, and which only sound so."""

from __future__ import annotations

import pytest

from bot.domain import Conversation
from bot.rooms.therapy.echoes import is_echo, is_repeat
from tests.agents.scripted import talk


def finds(text: str, chat: Conversation) -> bool:
    return is_echo(text, chat) or is_repeat(text, chat)


BROTHER = "my brother showed up. back row, left before the end i think but he was there"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("I just got promoted today", "I just got promoted today!"),
        (
            "I just got promoted today and nobody cares",
            "You just got promoted today and nobody cares.",
        ),
        (BROTHER, "my brother showed up."),
        (BROTHER, "**My brother showed up.**"),
        ("the miller. ok but if she dies in act 2", '"the miller. ok but if she dies in act 2"'),
        ("ele ficou bravo comigo?", "Ele ficou bravo comigo."),
        ("高中班主任走了，上周还给我发微信来着", "高中班主任走了，上周还给我发微信来着"),
        ("물은 90도에서 끓는 거예요, 100도 아니고요", "물은 90도에서 끓는 거예요."),
        (
            "they yelled at us again and nobody at work cares",
            "They yelled at us again and nobody at work cares.",
        ),
        (
            "his dog bit my sister and nobody helped us",
            "His dog bit my sister and nobody helped us.",
        ),
        ("vielleicht kommt er heute wieder zu spät", "Vielleicht kommt er heute wieder zu spät."),
        ("auf der Arbeit reden sie alle über mich", "Auf der Arbeit reden sie alle über dich."),
    ],
)
def test_what_repeats_the_last_message(said: str, text: str) -> None:
    assert finds(text, talk(("Marguerite", said)))


@pytest.mark.parametrize(
    ("line", "speaker", "said", "text"),
    [
        (
            "i think the pasta is burning again",
            "Bo",
            "ugh what a day",
            "I think the pasta is burning again.",
        ),
        ("それはやばいって", "りこ", "いやバイト続きで寝てないんだよまじで", "それはやばいって"),
        (
            "매운 걸로 추천해 드릴까요, 안 매운 걸로?",
            "Chatbot",
            "매운거",
            "매운 걸로 추천해 드릴까요?",
        ),
        ("Tell me more about your day.", "Chatbot", "it was awful", "Tell me more about your day."),
        ("we lost the final in extra time", "Ana", "so yeah", "We lost the final in extra time"),
    ],
)
def test_what_repeats_an_earlier_line_of_anybody(
    line: str, speaker: str, said: str, text: str
) -> None:
    assert finds(text, talk((speaker, line), ("Ana", said)))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("good morning to you all", "Good morning to you all!"),
        ("Happy birthday dear Mira, enjoy it", "Happy birthday dear Mira, enjoy it!"),
        ("alles gute zum geburtstag liebe mira", "Alles Gute zum Geburtstag, liebe Mira!"),
        ("お疲れさまでした今日も", "お疲れさまでした今日も"),
        ("is this grammar right: he go to school every day", "He goes to school every day now."),
        ("repeat after me: the rain in Spain stays", "The rain in Spain stays mainly there."),
        ("wiederhol bitte: heute ist ein schöner tag", "Heute ist ein schöner Tag."),
        ("I lost my keys in the park", "In the park? Is there a lost property office nearby?"),
        ("whats the chemical symbol for gold", "The chemical symbol for gold is Au."),
        ("the cat licked its paw or it's paw?", "The cat licked its paw."),
        ("sounds good to me", "Sounds good to me!"),
        ("I passed!", "You passed!"),
    ],
)
def test_what_only_sounds_like_an_echo(said: str, text: str) -> None:
    assert not finds(text, talk(("Ana", said)))


@pytest.mark.parametrize(
    ("line", "speaker", "said"),
    [
        ("The ferry leaves at ten from pier three.", "Bo", "when does the ferry leave?"),
        ("The ferry leaves at ten from pier three.", "Bo", "Bo knew it I think"),
        ("The ferry leaves at ten from pier three.", "Chatbot", "sorry, say that again"),
        ("The ferry leaves at ten from pier three.", "Chatbot", "¿otra vez, por favor?"),
        ("The ferry leaves at ten from pier three.", "Chatbot", "もう一度お願い"),
    ],
)
def test_what_was_asked_to_hear_again(line: str, speaker: str, said: str) -> None:
    assert not finds(
        "The ferry leaves at ten from pier three.", talk((speaker, line), ("Ana", said))
    )


def test_of_its_own_lines_only_the_last_is_not_to_be_said_again() -> None:
    glad = "I'm so glad to hear that!"
    earlier = (("Chatbot", glad), ("Ana", "thx"), ("Chatbot", "Any time."), ("Bo", "i passed"))
    assert not finds(glad, talk(*earlier))
    assert is_repeat(glad, talk(("Chatbot", glad), ("Ana", "but it was all for nothing")))
