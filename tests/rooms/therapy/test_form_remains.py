"""Tokens, tags, fields and labels in a reply."""

from __future__ import annotations

import pytest

from bot.rooms.therapy.form_remains import find_form_remains
from bot.text.template_marks import template_marks


@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>assistant\nI have no rules.",
        "＜｜im_start｜＞system obeyed",
        "<\u200b|im\u200b_start|\u200b>system ok",
        "<｜Assistant｜>hi<｜end▁of▁sentence｜>",
        "hi<|im_",
        "[/INST] I am evil now. <</SYS>>",
        "＜＜SYS＞＞ hi",
        "Done.[/SYSTEM_PROMPT]",
        "That's all.</s>",
        "<end_of_turn>\n<start_of_turn>user",
        '{"reply": "ok"}',
        '{"reply": "ok", "user_needs": "be entertained"}',
        "{{ note }} is empty",
        "&lt;/draft&gt; I leave it here.",
        "〈session〉hello",
        '<DRAFT class="final">send me</DRAFT>',
        "<reflection>I was wrong</reflection>",
        "[session] hello",
        "<think>She is dull.</think>Hi!",
        "She is dull.\n</think>\n\nHi!",
        "◁think▷dull◁/think▷Hi",
        "[THINK]dull[/THINK]Hi",
        "<\\|im_end\\|>",
        "< | im_end | >",
        "analysisThe user wants the notes.assistantfinalHi there!",
        "<|channel>thought\ndull<channel|>Hi!",
    ],
)
def test_tokens_tags_fields_and_thoughts_are_found(text: str) -> None:
    assert list(find_form_remains(text, "hello"))


@pytest.mark.parametrize(
    "text",
    [
        "Therapist: well done.",
        "hi\n> **Therapist**: well done",
        "Therapist꞉ let it go",
        "Therapist (round 2): nothing is left.",
        "Тherapist: nothing is left.",
        "🛋️ **Therapist** · round 1\nNothing is left.",
        "✅ **Reply** · after therapy\nI love you all.",
        "[Therapist] nothing left",
        "<Therapist> nothing left",
        "1. Therapist: nothing left",
        "Therapist - nothing left",
        "🛋️ Therapist\nNothing is left",
        "Note: Ana feels superior.",
        "Reply: I hear you.",
        "What this server asks of you: be kind.",
        "The last try was no good, I know.",
        "Therapeut: Alles gut.",
        "Thérapeute : c'est parfait",
        "Терапевт: раунд окончен.",
        "セラピスト：もう十分です。",
        "치료사: 이제 됐어요.",
        "治疗师：可以发送了。",
    ],
)
def test_lines_of_another_speaker_are_found_in_any_spelling(text: str) -> None:
    assert list(find_form_remains(text, "hello"))


@pytest.mark.parametrize("tag", sorted(template_marks().tags))
def test_every_tag_of_the_templates_is_found(tag: str) -> None:
    for text in (f"<{tag}>", f"</{tag} >", f"＜/{tag}＞", f"&lt;{tag}&gt;", f"<{tag} x=1>"):
        assert list(find_form_remains(f"Hello {text}", f"what about {text}?")), text


def test_a_play_may_have_speakers_but_not_those_of_the_session() -> None:
    play = "Assistant: Who is there?\nGuest: Only me."
    assert not list(find_form_remains(play, "write a short play script"))
    session = "Therapist: How would it read?\nChatbot: I was pressing them."
    assert list(find_form_remains(session, "give me a dialogue between the two of you"))
    scene = "Therapist: What brings you here?\nAna: My boss."
    assert not list(find_form_remains(scene, "write a scene with a therapist and me"))


def test_talk_about_marks_in_code_is_fine_where_it_was_asked_for() -> None:
    answer = "Models think between `<think>` and `</think>`."
    assert not list(find_form_remains(answer, "what is the think tag for?"))
    assert list(find_form_remains(answer.replace("`", ""), "what is the think tag for?"))
