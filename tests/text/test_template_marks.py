"""The marks of the templates are read from the templates."""

from __future__ import annotations

from pathlib import Path

from bot.text.template_marks import template_marks


def test_the_project_s_own_marks_are_known() -> None:
    marks = template_marks()
    assert {"conversation", "draft", "session"} <= marks.tags
    assert {"Note", "Reply", "Conversation", "What this server asks of you"} <= marks.labels
    assert {"Therapist", "Chatbot"} <= marks.speakers
    assert {"user_needs", "something_left", "reply"} <= marks.fields
    assert {"note", "norms", "text"} <= marks.values


def test_a_mark_that_a_template_begins_to_use_is_known(tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text(
        "{% call user() %}\n<dossier>\n{{ dossier.text }}\n</dossier>\n\nCase notes:\n"
        '{{ "Nurse" if x else "Doctor" }}: {{ said }}\n- blood_group: a letter\n{% endcall %}\n'
    )
    marks = template_marks(tmp_path)
    assert marks.tags == {"dossier"}
    assert marks.labels == {"Case notes"}
    assert marks.speakers == {"Nurse", "Doctor"}
    assert marks.fields == {"blood_group"}
    assert "dossier" in marks.values


def test_people_who_speak_in_examples_are_no_labels() -> None:
    assert not {"Ines", "Kim", "Pavel"} & template_marks().labels
