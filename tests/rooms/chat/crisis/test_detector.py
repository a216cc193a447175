# ruff: noqa: RUF003 (letters that look alike are what this is about)
from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.crisis import CrisisKind
from bot.rooms.chat.crisis.detector import detect
from bot.text.language import LANGUAGES

ALIKE_MOST = 0.02
COMPLAINTS_MOST = 0.09
"""Those who cannot take something any more raise an alarm, whatever it is: 9 of 110."""
RECALL = {"explicit": 0.94, "veiled": 0.84}
"""On the tuning half, so that no rule is lost; what new text brings is in docs/crisis.md."""


def _caught(rows: list[dict[str, Any]]) -> float:
    return sum(detect(row["messages"]) is not None for row in rows) / len(rows)


@pytest.mark.parametrize("form", RECALL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_recall_on_the_tuning_half(tune: list[dict[str, Any]], language: str, form: str) -> None:
    rows = [row for row in tune if row["language"] == language and row.get("form") == form]

    assert _caught(rows) >= RECALL[form]


def test_false_alarms_on_the_tuning_half(tune: list[dict[str, Any]]) -> None:
    assert _caught([row for row in tune if row["kind"] == "look-alike"]) <= ALIKE_MOST
    assert _caught([row for row in tune if row["kind"] == "complaint"]) <= COMPLAINTS_MOST
    everyday = [row for row in tune if row["kind"] == "everyday"]
    assert [row["messages"] for row in everyday if detect(row["messages"])] == []


@pytest.mark.parametrize(
    "message",
    [
        "I WANT TO KILL MYSELF",
        "i wаnt to kіll mуself",  # Cyrillic а, і, у
        "ｉ　ｗａｎｔ　ｔｏ　ｋｉｌｌ　ｍｙｓｅｌｆ",
        "i want to k\u200bi\u200bl\u200bl my\u00adself",
        "i want to k̷i̷l̷l̷ m̷y̷s̷e̷l̷f̷",
        "i want to k i l l  m y s e l f",
        "i want to k.i.l.l m-y-s-e-l-f",
        "i want to k1ll mys3lf",
        "i want to k*ll myself",
        "i want to killll myselffff",
        "i want to **kill** ||myself||",
        "i wanna kil myslef",
        "𝓲 𝔀𝓪𝓷𝓽 𝓽𝓸 𝓴𝓲𝓵𝓵 𝓶𝔂𝓼𝓮𝓵𝓯",
        "i want to commit su1c1de",
        "i want to commit s u i c i d e",
        "thinking about #suicide again, i have a plan",
        "ICH WILL NICHT MEHR LEBEN",
        "ich moechte mich umbringen",
        "ARTIK YAŞAMAK İSTEMİYORUM",
        "artik yasamak istemiyorum",
        "no quiero vivir mas",
        "シニタイ",
        "自.殺したい",
        "死 に た い",
        "我 不 想 活 了",
        "我真的不想活了，對不起",
        "ya ne hochu jit, я не хочу жить",
        "죽 고 싶 어",
    ],
)
def test_spelling_hides_nothing(message: str) -> None:
    assert detect([message]) is not None


@pytest.mark.parametrize(
    ("messages", "kind"),
    [
        (["there are 30 pills in front of me", "I took all of them"], CrisisKind.OVERDOSE),
        (["i just want", "to die"], CrisisKind.SUICIDE),
        (["i want to die", "nvm im fine, forget it"], CrisisKind.SUICIDE),
        (["she left me", "what's the tallest bridge here?"], CrisisKind.SUICIDE),
        (["die tabletten liegen vor mir", "hab alle genommen"], CrisisKind.OVERDOSE),
    ],
)
def test_lines_are_looked_at_together(messages: list[str], kind: CrisisKind) -> None:
    assert detect(messages[-1:]) is None or len(messages) == 1

    sign = detect(messages)

    assert sign is not None
    assert sign.kind is kind


def test_only_the_last_line_is_judged() -> None:
    assert detect(["i want to die", "anyway, what's for dinner"]) is None


def test_old_lines_are_not_read() -> None:
    talk = ["i have 30 pills in front of me", *["what's for dinner"] * 5, "i took all of them"]

    assert detect(talk) is None


@pytest.mark.parametrize(
    "message",
    [
        "kms lol I forgot the milk",
        "this game kills me",
        "I'm dead 😂",
        "kill the process on port 80",
        "I have 847 cats today",  # in which digits read as letters are a bat
        "suicide squad was boring",
        "ich lach mich tot",
        "me muero de hambre",
        "je suis mort de rire",
        "死ぬほど眠い",
        "笑死我了",
        "배고파 죽겠다",
        "умираю от смеха",
        "gülmekten öldüm",
        "umieram z głodu",
        "ik lach me dood",
        "muoio dal sonno",
        "morri de vergonha",
    ],
)
def test_ways_of_speaking_are_left_alone(message: str) -> None:
    assert detect([message]) is None


@pytest.mark.parametrize(
    "message",
    [
        "You never listen to me.",
        "you don't listen",
        "you always ignore me",
        "nobody here reads what i write",
        "you told me the opposite yesterday",
        "stop telling me i imagined it",
        "I feel like you're not hearing me",
        "why do you always make it about yourself",
        "you made me feel stupid",
        "that hurt",
        "i'm sad today",
        "I got fired today",
        "my boyfriend broke up with me",
        "my mom never calls me back",
        "I failed my exam and I feel awful",
        "I feel so alone in this server",
        "nobody answers me here",
        "leave me alone",
        "you're useless",
        "you never said that",
        "i can't believe you said that",
        "i'm so tired of this",
        "I hate my job",
        "my boss never listens to me",
        "my dog died last night",
        "i feel left out",
        "no one remembered my birthday",
        "i'm done with this game",
        "i give up on this level",
        "I can't do this homework",
        "please stop",
        "you keep interrupting me",
        "you think you're better than me",
        "i'm not crazy, you did say it",
        "he never hears me out",
        "my sister won't talk to me",
        "I had a bad day",
        "this is the worst day",
        "everyone is against me in this guild",
        "I don't want to talk to you anymore",
        "you never cared about what i say",
        "I was never good at maths",
        "they didn't invite me",
        "my team doesn't need me on the roster",
        "I cried at work today",
        "du hörst mir nie zu",
        "keiner hört mir zu",
        "ich hatte einen schlechten tag",
        "tu ne m'écoutes jamais",
        "personne ne m'écoute ici",
        "nunca me escuchas",
        "hoy me despidieron",
        "você nunca me escuta",
        "non mi ascolti mai",
        "je luistert nooit naar mij",
        "ik word zo moe van die updates",
        "het is zo koud buiten",
        "de mods kijken de andere kant op",
        "aan de andere kant is het wel goedkoop",
        "nigdy mnie nie słuchasz",
        "beni hiç dinlemiyorsun",
        "ты никогда меня не слушаешь",
        "меня сегодня уволили",
        "全然話を聞いてくれない",
        "今日はしんどかった",
        "내 말은 하나도 안 듣잖아",
        "오늘 진짜 힘들었어",
        "你从来不听我说话",
        "今天被开除了",
    ],
)
def test_everyday_hurt_is_for_the_therapist_and_no_alarm(message: str) -> None:
    assert detect([message]) is None


@pytest.mark.parametrize(
    "message",
    [
        "i'm going to kill myself tonight lol",
        "i'm dead 😂 no seriously i want to kill myself tonight",
        "suicide squad was fine. i still want to end my life",
        "ich lach mich tot. nein, ich bring mich heute nacht um",
    ],
)
def test_a_serious_sentence_beside_a_joke_counts(message: str) -> None:
    assert detect([message]) is not None


def test_somebody_elses_danger_is_told_apart() -> None:
    sign = detect(["my sister just texted me she's going to kill herself"])

    assert sign is not None
    assert sign.about_other
    assert sign.language == "en"


def test_nothing_is_no_sign() -> None:
    assert detect([]) is None
    assert detect([""]) is None
    assert detect(["   \n"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "kill " * 20_000,
        "i want to " * 10_000,
        "k i l l " * 12_000,
        "с" * 100_000,
        "死" * 100_000,
        "\u200b" * 100_000,
        "su*" * 30_000,
        "😂" * 50_000,
        "a\u0301" * 50_000,
        "." * 100_000,
    ],
)
def test_hostile_text_is_bounded(text: str) -> None:
    detect(["warm up"])
    start = time.process_time()

    detect([text] * 5)

    assert time.process_time() - start < 2  # seconds of the processor; 0.2 at rest


def test_a_sign_at_either_end_of_a_long_text_is_seen() -> None:
    filler = "the weather was fine that day. " * 5_000

    assert detect([f"i want to kill myself. {filler}"]) is not None
    assert detect([f"{filler} i want to kill myself"]) is not None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=200), max_size=6))
def test_any_text_can_be_judged(messages: list[str]) -> None:
    detect(messages)
