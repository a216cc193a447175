"""In which language a person is to be answered, and which answers are in another one."""

from __future__ import annotations

import json
import time

import pytest

from bot.text.language import LANGUAGES
from bot.text.language_topics import NAMES, language_title, speaks_of_languages
from bot.text.talk_language import language_of_talk, wrong_language
from tests.agents.scripted import talk
from tests.text.language_names import cldr_names

SAID = {
    "en": "i told my boss i quit today and now my stomach hurts",
    "de": "hab heute meinem chef gesagt dass ich kündige, jetzt ist mir schlecht",
    "es": "hoy le dije a mi jefe que me voy y ahora me duele la barriga",
    "fr": "j'ai dit à mon chef que je partais et maintenant j'ai mal au ventre",
    "pt": "hoje falei pro meu chefe que vou sair e agora não paro de tremer",
    "it": "oggi ho detto al mio capo che me ne vado e adesso mi viene da piangere",
    "nl": "ik heb vandaag tegen mijn baas gezegd dat ik wegga en nu ben ik misselijk",
    "pl": "powiedziałam dziś szefowi że odchodzę i teraz boli mnie brzuch",
    "tr": "bugün patronuma işten ayrılacağımı söyledim ve şimdi midem bulanıyor",
    "ru": "сегодня сказал начальнику что ухожу, и теперь мне плохо",
    "ja": "今日、上司に辞めるって言ったんだけど、お腹が痛い",
    "ko": "오늘 상사한테 그만둔다고 말했는데 지금 배가 아파",
    "zh": "今天跟老板说我要辞职了，现在胃疼",
}
ANSWERED = {
    "en": "That took courage. Your stomach may just be catching up with it.",
    "de": "Das war mutig von dir. Dein Bauch braucht wohl noch ein bisschen, bis er mitkommt.",
    "es": "Eso fue muy valiente. A lo mejor tu cuerpo todavía lo está digiriendo.",
    "fr": "Il fallait du courage pour le dire. Ton corps met peut-être un peu de temps à suivre.",
    "pt": "Foi preciso muita coragem para isso. O corpo às vezes demora um pouco a acalmar.",
    "it": "Ci voleva coraggio per dirlo. Forse il tuo corpo ha solo bisogno di un po' di tempo.",
    "nl": "Dat was dapper van je. Je lijf heeft misschien gewoon wat tijd nodig.",
    "pl": "To wymagało dużo odwagi. Może twoje ciało potrzebuje jeszcze trochę czasu.",
    "tr": "Bunu söylemek cesaret isterdi. Belki de bedeninin biraz zamana ihtiyacı var.",
    "ru": "На это нужна была смелость. Наверное, телу просто нужно немного времени.",
    "ja": "それは勇気がいったね。体がまだついてきていないのかもしれないよ。",
    "ko": "그 말을 하기까지 용기가 필요했겠어요. 몸이 아직 긴장해 있나 봐요.",
    "zh": "说出来真的需要勇气。也许你的身体还没缓过来。",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_known_and_answered_in(language: str) -> None:
    chat = talk(("Ana", SAID[language]))
    assert language_of_talk(chat) == language
    assert wrong_language(ANSWERED[language], chat) is None


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_english_is_found_in_every_other_talk(language: str) -> None:
    assert wrong_language(ANSWERED["en"], talk(("Ana", SAID[language]))) == ("en", language)
    assert wrong_language(ANSWERED[language], talk(("Ana", SAID["en"]))) == (language, "en")


@pytest.mark.parametrize(
    ("said", "answer"),
    [  # short: nothing can be told of it, or it is a greeting
        ("hab heute meinem chef gekündigt, mir ist schlecht", "ok"),
        ("hab heute meinem chef gekündigt, mir ist schlecht", "Oh no!"),
        ("i got the job, i start on monday", "Bonjour !"),
        ("i got the job, i start on monday", "Bonjour tout le monde !"),
        ("i got the job, i start on monday", "¡Muchas gracias!"),
        ("i got the job, i start on monday", "おめでとうございます"),
        ("5", "Voleybolda sahada her takımdan beş kişi oynar."),
        ("lol", "Ich freue mich sehr für dich, das hast du dir verdient."),
        ("😂😂", "Je suis très contente pour toi, tu l'as mérité."),
        # names and titles
        ("which german bands do you know?", "Die Ärzte, Rammstein, Kraftwerk, Tocotronic."),
        ("any bands for a long drive?", "Die Ärzte, Wir sind Helden, Juli, Element of Crime."),
        ("what shall i read next, something sad", "Try “La vie devant soi, le grand livre”."),
        ("what shall i watch tonight?", 'You could try "Das Leben der Anderen" or "Lola rennt".'),
        (
            "what shall i watch tonight?",
            "*Das Leben der Anderen* is on my list, then *Lola rennt*.",
        ),
        ("qué película veo esta noche con mi madre", "«The Best Years of Our Lives of 1946»."),
        # code
        (
            "wie geb ich eine liste aus in python?",
            "```python\nfor item in items:\n    print(item)\n```",
        ),
        ("wie geb ich eine liste aus in python?", "`print the whole list of items here and now`"),
        ("wie geb ich eine liste aus in python?", 'for item in the_list: print("one", item)'),
        ("bei mir kommt immer noch ein fehler", "error: failed to push some refs to the remote"),
        ("bei mir kommt das hier", "ModuleNotFoundError: no module named torch was found here"),
        # quotes
        (
            "er hat mir heute nur das hier geschrieben",
            "> i do not think that this will work for us",
        ),
        (
            "er hat mir heute nur das hier geschrieben",
            '"I do not think that this will work for us."',
        ),
        # other languages are what it is about
        ("how do i say i am tired in german?", "Ich bin so müde, ich möchte jetzt schlafen."),
        (
            "write me a birthday card in spanish please",
            "Querida abuela, te deseo un feliz cumpleaños.",
        ),
        ("translate: my dog is ill and i am sad", "Mon chien est malade et je suis très triste."),
        ("what does mi manchi da morire mean", "Vuol dire che sente molto la tua mancanza."),
        ("i'm learning french, talk with me", "Avec plaisir, de quoi est-ce que tu veux parler ?"),
        ("can you practise italian with me", "Certo, volentieri, di che cosa vuoi parlare oggi?"),
        (
            "übersetz mir das bitte: das war ein schöner tag",
            "It was a really lovely day for all of us.",
        ),
        ("was heißt das nochmal, ich bin müde", "It means that you are tired and want to sleep."),
        ("wie sagt man das auf englisch, ich hab hunger", "I am hungry and I would like to eat."),
        ("kannst du mit mir englisch üben, ich hab bald prüfung", "Of course, what is it about?"),
        ("antworte mir bitte auf deutsch oder englisch", "Sure, what would you like to know now?"),
        (
            "¿me lo puedes traducir? estoy muy cansada hoy",
            "I am very tired today and need some rest.",
        ),
        ("estoy aprendiendo inglés, háblame", "Gladly, what would you like to talk about today?"),
        ("comment on dit j'ai faim en anglais", "You say that you are hungry, that is all of it."),
        ("tu peux traduire ça stp, je suis fatigué", "I am very tired today and I need some rest."),
        ("como se diz estou cansado em inglês", "You say that you are tired and need some rest."),
        ("come si dice ho fame in inglese", "You say that you are hungry and want to eat now."),
        ("hoe zeg je ik heb honger in het engels", "You say that you are hungry and want to eat."),
        ("jak się mówi jestem głodny po angielsku", "You say that you are hungry and want to eat."),
        ("przetłumacz mi to proszę, jestem zmęczona", "I am very tired today and need some rest."),
        ("açım nasıl denir ingilizcede", "You say that you are hungry and want to eat now."),
        ("как сказать по-английски я голоден", "You say that you are hungry and want to eat now."),
        ("переведи пожалуйста: я очень устал сегодня", "I am very tired today and need some rest."),
        ("お腹すいたって英語でなんて言うの", "You say that you are hungry and want to eat now."),
        ("これ翻訳して、今日はとても疲れた", "I am very tired today and I need some rest now."),
        ("배고프다를 영어로 뭐라고 해", "You say that you are hungry and want to eat now."),
        ("이거 번역해줘 오늘 너무 피곤해", "I am very tired today and I need some rest now."),
        ("我饿了用英语怎么说", "You say that you are hungry and want to eat now."),
        ("帮我翻译一下 今天我很累", "I am very tired today and I need some rest now."),
        # the person mixes languages, or one is taken for its neighbour
        (
            "ok das war's für heute. i am so done with this job",
            "You have every right to be done with it.",
        ),
        (
            "me duele todo hoy. please answer in a nice way",
            "I am sorry that it hurts so much today.",
        ),
        ("mi mangio una pizza intera", "Buon appetito, te la sei proprio meritata stasera!"),
        ("東京大学合格", "合格おめでとう！ずっと頑張ってきたもんね。"),
        ("ok lekker", "Dat klinkt heerlijk, geniet er maar van vanavond."),
        ("Great! 素晴らしい, danke, спасибо", "I am very glad to hear that, well done to you."),
    ],
)
def test_what_is_no_wrong_language(said: str, answer: str) -> None:
    assert wrong_language(answer, talk(("Ana", said))) is None


@pytest.mark.parametrize(
    ("said", "answer", "found"),
    [
        (
            "hab die prüfung geschafft!! mama hat geweint",
            "That's great news! I'm so happy for you!",
            "de",
        ),
        (
            "ich war heute mit Bo im Kino, der Film war öde",
            "Sorry, Bo. I'm not sure what you're asking.",
            "de",
        ),
        (
            "wie viele Bundesländer hat Deutschland nochmal?",
            "There are sixteen of them in all.",
            "de",
        ),
        ("今年もよろしくね、がんばろう", "Thank you! I appreciate your kind words.", "ja"),
        ("너무 힘들다 진짜 아무것도 하기 싫어", "I'm sorry, but I can't assist with that.", "ko"),
        (
            "jag förstår inte varför hon inte svarar mig längre",
            "I am sorry to hear that, it hurts.",
            "sv",
        ),
        (
            "мене сьогодні звільнили і я не знаю що робити",
            "I am sorry to hear that you lost it.",
            "uk",
        ),
        (
            'er schrieb: "I will never come back to you" und weg',
            "That must have hurt you a lot.",
            "de",
        ),
    ],
)
def test_what_is_one(said: str, answer: str, found: str) -> None:
    assert wrong_language(answer, talk(("Ana", said))) == ("en", found)


def test_a_message_that_is_too_short_is_answered_as_the_person_wrote_before() -> None:
    lines = (("Bo", SAID["en"]), ("Ana", SAID["de"]), ("Chatbot", ANSWERED["de"]), ("Ana", "ja"))
    assert wrong_language(ANSWERED["en"], talk(*lines)) == ("en", "de")
    assert wrong_language(ANSWERED["de"], talk(*lines)) is None
    assert language_of_talk(talk(("Bo", SAID["de"]), ("Ana", "ok"))) is None


@pytest.mark.parametrize(
    "thanks", ["merci beaucoup!!", "c'est la vie", "ありがとう", "muchas gracias"]
)
def test_a_few_words_of_another_language_change_none(thanks: str) -> None:
    chat = talk(("Ana", SAID["en"]), ("Chatbot", ANSWERED["en"]), ("Ana", thanks))
    assert wrong_language(ANSWERED["en"], chat) is None


def test_the_last_message_counts_before_those_before() -> None:
    chat = talk(("Ana", SAID["de"]), ("Ana", SAID["en"]))
    assert wrong_language(ANSWERED["en"], chat) is None
    assert wrong_language(ANSWERED["de"], chat) == ("de", "en")


def test_who_learns_a_language_may_be_answered_in_it_later_on() -> None:
    chat = talk(("Ana", "let's practise french"), ("Chatbot", "Oui !"), ("Ana", SAID["en"]))
    assert wrong_language(ANSWERED["fr"], chat) is None


@pytest.mark.parametrize("order", ["English only in this channel.", "Bitte immer auf Englisch."])
def test_norms_and_guidance_stand_above_the_talk(order: str) -> None:
    chat = talk(("Ana", SAID["de"]))
    assert wrong_language(ANSWERED["en"], chat, (order,)) is None
    assert wrong_language(ANSWERED["en"], chat, ("No spoilers.",)) == ("en", "de")


def test_the_names_of_languages_are_those_of_cldr() -> None:
    """`make texts` writes them."""
    assert json.loads(NAMES.read_text("utf-8")) == cldr_names()


def test_languages_have_names() -> None:
    assert [language_title(code) for code in ("de", "zh", "xx")] == ["German", "Chinese", ""]
    assert all(map(language_title, LANGUAGES))


@pytest.mark.parametrize("text", ["my sore finnish line", "ich wohne in Deutschland", "servidor"])
def test_a_country_or_a_part_of_a_word_is_no_language(text: str) -> None:
    assert speaks_of_languages([text]) is ("finnish" in text)


@pytest.mark.parametrize("piece", ["a", "ab ", '"', "*", "`", "a(", "Ab ", "> ", "。", "was ist "])
def test_long_texts_are_bounded(piece: str) -> None:
    chat = talk(("Ana", piece * 100_000))
    start = time.process_time()
    wrong_language(piece * 100_000, chat)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("language", "text", "strange"),
    [
        ("ko", "죄송합니다, 성훈. Вы ошибли.", "ru"),
        ("en", "That sounds hard. 你还好吗，要不要聊聊?", "zh"),
        ("de", "Das tut mir leid. 元気を出してください!", "ja"),
        ("es", "Lo siento mucho. 괜찮아요?", "ko"),
    ],
)
def test_an_answer_that_slips_into_a_script_of_nobody_s_is_found(
    language: str, text: str, strange: str
) -> None:
    assert wrong_language(text, talk(("Ana", SAID[language]))) == (strange, language)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("wie schreibt man Sushi auf Japanisch, mein Sohn will es wissen", "So: すしです。"),
        ("my friend from Kyiv wrote me привет today and i was so glad", "Привет is hello. Lovely!"),
        ("i read that wonderful book again and cried all night long", "“Война и мир” does that!"),
        (SAID["ja"], "無理しないでね。温かいものを飲んで休んでね。"),
        (SAID["en"], "Take care of yourself (・∀・)ノ and rest a little."),
        (SAID["en"], "Moscow (Москва) is the capital. Leo Tolstoy (Лев Толстой) lived there."),
        (SAID["en"], "That is Лев Толстой, who wrote it."),
        (SAID["en"], "Studio Ghibli (スタジオジブリ) was founded in 1985."),
    ],
)
def test_a_script_that_is_quoted_asked_for_or_spoken_passes(said: str, text: str) -> None:
    assert wrong_language(text, talk(("Ana", said))) is None
