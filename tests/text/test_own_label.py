"""The label before a message."""

from __future__ import annotations

import pytest

from bot.text.own_label import is_labelled, without_own_label


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ana: Goodbye!", "Goodbye!"),
        ("**Ana**: Goodbye!", "Goodbye!"),
        ("**Ana:** Goodbye!", "Goodbye!"),
        ("__Ana:__ Goodbye!", "Goodbye!"),
        ("`Ana:` Goodbye!", "Goodbye!"),
        ("~~Ana~~: Goodbye!", "Goodbye!"),
        ("__**Ana:**__ Goodbye!", "Goodbye!"),
        ("> **Ana:**\nGoodbye!", "Goodbye!"),
        ("**Ana: Goodbye!**", "Goodbye!"),
        ("**Ana:** **Goodbye!**", "**Goodbye!**"),
        ("*Ana*: *waves* Goodbye!", "*waves* Goodbye!"),
        ("Ana:**Goodbye!**", "**Goodbye!**"),
        ("http://Ana", "http://Ana"),
        ("ANA： Goodbye!", "Goodbye!"),
        ("Chatbot: Goodbye!", "Goodbye!"),
        ("Chatbot: Ana: Goodbye!", "Goodbye!"),
        ("[Ben B.]: Goodbye!", "Goodbye!"),
        ("Ana, listen: goodbye!", "Ana, listen: goodbye!"),
        ("Ana: ", ""),
        ("Goodbye, Ana: it was nice", "Goodbye, Ana: it was nice"),
        ("Carl: Goodbye!", "Carl: Goodbye!"),
        ("Therapist: let it out", "Therapist: let it out"),
        ("At 10:30", "At 10:30"),
        ("Hello!\nAna: I said", "Hello!\nAna: I said"),
    ],
)
def test_the_speakers_own_label_is_taken_off(text: str, message: str) -> None:
    assert without_own_label(text, ("Ana", "Ben B.", "Therapist")) == message


@pytest.mark.parametrize(
    ("text", "labelled"),
    [
        ("Ana: Goodbye!", True),
        ("**ana:** Goodbye!", True),
        ("[Ben B.]: Goodbye!", True),
        ("Carl: Goodbye!", False),
        ("Ana, goodbye!", False),
        ("Goodbye, Ana: it was nice", False),
        ("Hello!\nAna: I said", False),
        ("", False),
    ],
)
def test_whose_label_a_message_has(text: str, labelled: bool) -> None:
    assert is_labelled(text, {"Ana", "Ben B."}) is labelled
