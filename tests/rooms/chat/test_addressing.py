"""Which messages are for the Chatbot: sixty lines in five languages, and who else is spoken to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import ReplyWhen
from bot.rooms.chat import addressing
from bot.rooms.chat.addressing import AddressedMessage, asks_room, is_for_chatbot
from bot.rooms.chat.recent_speakers import TALK_LASTS, RecentSpeakers

OTHERS = ("Max", "Lena", "Jean-Luc")

ASKS = (
    "What is a good first book on astronomy?",
    "does anyone know how to reset the router",
    "how do I get wax out of a carpet",
    "I moved last week. Where can I get decent coffee around here?",
    "anyone?",
    "So what's the difference between a fruit and a vegetable??",
    "Is it normal that my sourdough smells like nail polish?",
    "Wie lange muss ein Ei kochen?",
    "weiß jemand, ob der Zug heute fährt",
    "Kann mir jemand mit Mathe helfen?",
    "Moin, was ist eigentlich ein Quasar?",
    "Warum ist der Himmel blau?",
    "Ich verstehe das nicht. Was bedeutet „ambivalent“?",
    "¿Cuánto tarda en crecer un aguacate?",
    "alguien sabe cómo se hace la tortilla",
    "hola, qué es un agujero negro",
    "¿Hay alguien despierto?",
    "¿Por qué llueve tanto en abril?",
    "Quelqu'un sait réparer un vélo ?",
    "C'est quoi une fonction récursive",
    "Comment on fait une béchamel sans grumeaux ?",
    "Bonjour, est-ce que la bibliothèque ouvre demain ?",
    "J'ai tout essayé. Pourquoi ça ne marche pas ?",
    "Alguém sabe onde fica a farmácia?",
    "como faço pra tirar mancha de vinho",
    "O que é fotossíntese?",
    "Oi pessoal, quanto custa um passe mensal?",
    "Qual filme vocês recomendam para hoje?",
    "Por que o mar é salgado?",
    "Hat irgendwer ein Ladekabel?",
)
DOES_NOT_ASK = (
    "I had pasta today.",
    "lol what?",
    "why?",
    "???",
    "nice weather, right?",
    "Max, are you coming tonight?",
    "are you in, Max?",
    "hey Lena do you have my charger?",
    "!play never gonna give you up?",
    "https://example.org/search?q=what+is+this",
    "> who is in tonight?\nme",
    "`SELECT name FROM people WHERE id = ?`",
    "Das war ein schöner Abend.",
    "Max, kommst du heute Abend?",
    "echt?",
    "Läuft ja super, oder?",
    "Na Lena, wie war die Prüfung?",
    "Was für ein Tag.",
    "Hoy no puedo más.",
    "Max, ¿vienes esta noche?",
    "¿qué?",
    "Hace frío, ¿verdad?",
    "Qué bonito día.",
    "Je suis rentré.",
    "Jean-Luc, tu viens ce soir ?",
    "Il fait froid, hein ?",
    "quoi ?",
    "Que dia lindo!",
    "Lena, você vem hoje?",
    "Está frio, né?",
)


@pytest.mark.parametrize("line", ASKS)
def test_a_question_to_the_room_is_seen(line: str) -> None:
    assert asks_room(line, OTHERS)


@pytest.mark.parametrize("line", DOES_NOT_ASK)
def test_what_asks_nobody_or_somebody_else_is_none(line: str) -> None:
    assert not asks_room(line, OTHERS)


def test_there_are_sixty_lines() -> None:
    assert len({*ASKS, *DOES_NOT_ASK}) == 60


@pytest.mark.parametrize("line", ["明日は雨ですか", "为什么天空是蓝色的？", "이거 어떻게 하나요"])
def test_questions_without_spaces_or_marks_are_seen(line: str) -> None:
    assert asks_room(line)


@pytest.mark.parametrize(
    ("line", "to_room"),
    [("What time does it start?", False), ("Does anybody know when it starts?", True)],
)
def test_while_others_talk_only_a_question_to_everybody_counts(line: str, to_room: bool) -> None:
    assert asks_room(line, others_talk=True) is to_room


def wants(text: str, when: ReplyWhen = ReplyWhen.ADDRESSED, **told: bool) -> bool:
    message = AddressedMessage(text, own_names=("Four Rooms", "Robin"), other_names=OTHERS, **told)
    return is_for_chatbot(message, when)


@pytest.mark.parametrize(
    "line",
    [
        "Robin, tell me a story.",
        "hey robin you there",
        "Good morning, Robin!",
        "Tell me, Robin, about the sea.",
        "@Four Rooms I am back",
        "what does Robin think of this?",
    ],
)
def test_who_is_called_by_name_answers(line: str) -> None:
    assert wants(line)
    assert wants(line, others_talk=True)
    assert not wants(line, to_others=True)
    assert not wants(line, ReplyWhen.MENTIONED)


@pytest.mark.parametrize(
    ("name", "said"), [("Işık", "ışık"), ("Irmak", "ırmak"), ("İrem", "irem"), ("ırmak", "Irmak")]
)
def test_turkish_names_are_known_however_they_begin(name: str, said: str) -> None:
    called = AddressedMessage(f"{said}, bir masal anlat.", own_names=(name,))
    assert is_for_chatbot(called, ReplyWhen.ADDRESSED)
    assert not asks_room(f"{said}, akşam geliyor musun?", (name,))


@pytest.mark.parametrize("line", ["A robin sat on the fence.", "Robinson was late.", "I am home."])
def test_a_name_in_the_middle_of_a_statement_calls_nobody(line: str) -> None:
    assert not wants(line)


def test_it_never_speaks_between_two_people() -> None:
    assert not wants("what time is it there?", to_others=True)
    assert not wants("anyone else in?", to_others=True)
    assert wants("yes", to_chatbot=True, to_others=True)


def test_always_answers_everything_and_mentioned_only_what_is_sent_to_it() -> None:
    assert wants("I had pasta today.", ReplyWhen.ALWAYS, to_others=True)
    assert not wants("What is a quasar?", ReplyWhen.MENTIONED)
    assert wants("What is a quasar?", ReplyWhen.MENTIONED, to_chatbot=True)


@pytest.mark.parametrize("text", ["Max! " * 800, "a? " * 1300, "Person 7, " * 400])
def test_no_message_makes_for_much_work(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    look = addressing._stands_apart

    def counted(name: str, sentence: str, **options: Callable[[str], bool]) -> bool:
        looks.append(name)
        look(name, sentence, **options)
        return False

    monkeypatch.setattr(addressing, "_stands_apart", counted)
    names = ("Max", *(f"Person {number}" for number in range(60)))
    is_for_chatbot(AddressedMessage(text, names, names), ReplyWhen.ADDRESSED)
    assert len(looks) <= 2 * addressing.MOST_SENTENCES


def test_who_is_called_at_the_end_of_a_long_text_is_seen() -> None:
    assert wants("It rains. " * 200 + "What do you think, Robin?", others_talk=True)


NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ANA, BEN = 1, 2


def test_others_talk_for_a_while_unless_they_talk_with_the_chatbot() -> None:
    speakers = RecentSpeakers()
    speakers.note(9, BEN, "Ben", NOW, for_chatbot=False)
    assert speakers.others_talk(9, ANA, NOW + TALK_LASTS)
    assert not speakers.others_talk(9, ANA, NOW + TALK_LASTS + timedelta(seconds=1))
    assert not speakers.others_talk(9, BEN, NOW)
    assert not speakers.others_talk(8, ANA, NOW)
    speakers.note(8, BEN, "Ben", NOW, for_chatbot=True)
    assert not speakers.others_talk(8, ANA, NOW)


def test_speakers_are_known_by_name_until_they_are_forgotten() -> None:
    speakers = RecentSpeakers()
    speakers.note(9, BEN, "Ben", NOW, for_chatbot=True)
    speakers.note(9, ANA, "Ana", NOW, for_chatbot=True)
    assert speakers.other_names(9, ANA, NOW) == ("Ben",)
    speakers.forget(BEN)
    assert speakers.other_names(9, ANA, NOW) == ()
