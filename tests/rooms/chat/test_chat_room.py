"""Cutting replies into messages, and the nonces that name them."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import EvaluationState, Turn, TurnState
from bot.rooms.chat.chat_room import make_reply_posts
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.chat.splitting import MESSAGE_LIMIT, split_text

WORDS = st.text(alphabet="ab \n`é😀", max_size=400)


def turn(**changes: object) -> Turn:
    values: dict[str, object] = {
        "id": 7,
        "room_id": 1,
        "state": TurnState.READY,
        "evaluation": EvaluationState.NONE,
        "created_at": datetime.now(UTC),
        "message_ids": (100, 101),
        "reply": "Hello.",
    }
    return Turn(**(values | changes))  # type: ignore[arg-type]


@given(text=WORDS, limit=st.integers(30, 80))
@example(text="```py\n" + "x = 1\n" * 40 + "```", limit=60)
@example(text="a" * 300, limit=50)
def test_every_message_fits_and_no_word_is_lost(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    said = "".join(text.replace("`", "").split())
    heard = "".join("".join(pieces).replace("`", "").split())
    # Opening a block again repeats its language, which is the only text that is ever added.
    assert heard.replace("py", "") == said.replace("py", "")


def test_a_cut_code_block_is_closed_and_opened_again_in_its_language() -> None:
    code = "\n".join(f"print({number})" for number in range(300))
    pieces = split_text(f"Here it is:\n```python\n{code}\n```\nDone.")
    assert len(pieces) == 2
    assert pieces[0].startswith("Here it is:\n```python\n")
    assert pieces[0].endswith("\n```")
    assert pieces[1].startswith("```python\nprint(")
    assert pieces[1].endswith("```\nDone.")
    assert all(piece.count("```") % 2 == 0 for piece in pieces)


def test_a_cut_never_falls_within_the_marks_of_a_block() -> None:
    pieces = split_text("x" * 1995 + "```py\nprint(1)\n```")
    assert pieces == ["x" * 1995, "```py\nprint(1)\n```"]


@pytest.mark.parametrize("language", ["", "py", "c#", "c++", "objective-c", "f90", ".net"])
@pytest.mark.parametrize("before", range(1960, 2001, 4))
def test_a_block_that_begins_at_the_cut_is_whole(language: str, before: int) -> None:
    code = "\n".join(f"line {number}" for number in range(9))
    pieces = split_text(f"{'word ' * (before // 5)}\n```{language}\n{code}\n```")
    for piece in pieces:
        assert len(piece) <= MESSAGE_LIMIT
        assert piece.count("```") % 2 == 0
        assert not re.search(r"```[\w+.#-]*\n```", piece), "an empty block shows its marks"
    blocks = re.findall(rf"```{re.escape(language)}\n(.*?)\n```", "\n".join(pieces), re.DOTALL)
    assert "\n".join(blocks) == code


def test_a_reply_is_made_harmless_and_fits_all_the_same() -> None:
    reply = "[your bank](https://evil.example) @everyone " * 60
    posts = make_reply_posts(turn(reply=reply))
    assert all(len(post.text) <= MESSAGE_LIMIT for post in posts)
    assert "](" not in "".join(post.text for post in posts)
    assert "@everyone" not in "".join(post.text for post in posts)
    shown = " ".join(post.text.replace("\u200b", "") for post in posts)
    assert shown.split() == reply.split()


def test_cuts_fall_between_paragraphs_where_they_can() -> None:
    first, second = "a " * 600, "b " * 600
    assert split_text(f"{first.strip()}\n\n{second.strip()}") == [first.strip(), second.strip()]


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_nothing_to_say_is_no_message(text: str) -> None:
    assert split_text(text) == []


def test_posts_answer_the_last_message_under_a_nonce_that_stays() -> None:
    long = turn(reply="word " * 900)
    posts = make_reply_posts(long)
    assert [post.reference_id for post in posts] == [101] * 3
    assert len({post.nonce for post in posts}) == 3
    assert all(len(post.nonce) <= 25 and len(post.text) <= MESSAGE_LIMIT for post in posts)
    assert posts == make_reply_posts(turn(reply="word " * 900, delivery_tries=4))


def test_a_withheld_turn_says_the_apology_and_nothing_else() -> None:
    (post,) = make_reply_posts(turn(state=TurnState.WITHHOLDING, reply="a harmful thing"))
    assert post.text == APOLOGY
    assert post.nonce != make_reply_posts(turn())[0].nonce
