from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import Act, ChatbotState, Moderator, ReplyChange, StateAnswer
from bot.domain.act_details import read_details
from bot.rooms.audit import THE_BOT
from bot.rooms.control.control_room import ReflectAnswer
from bot.text.moderator_texts import reading
from cogs.control_room.act_view import render_act, render_notice
from cogs.control_room.answer_view import render_reflection, render_state

MAX = Moderator(5, "Max")


def act(
    kind: str,
    *,
    by: Moderator = MAX,
    reason: str = "",
    turn_id: int | None = None,
    **details: object,
) -> Act:
    at = datetime.fromtimestamp(1000, UTC)
    number = turn_id  # one room alone: they are the same
    return Act(1, 2, 10, turn_id, by, kind, reason, read_details(kind, details), at, number)


@pytest.mark.parametrize(
    ("done", "shown"),
    [
        (act("pause", minutes=None), "⏸️ **Max** paused <#10> until somebody resumes it."),
        (act("pause", minutes=1), "⏸️ **Max** paused <#10> until <t:1060:t> (<t:1060:R>)."),
        (
            act("pause", minutes=10, until=1700, reason="a raid\nof bots"),
            "⏸️ **Max** paused <#10> until <t:1700:t> (<t:1700:R>).\n> a raid\n> of bots",
        ),
        (
            act("extend pause", minutes=10, until=1800),
            "⏳ **Max** paused <#10> 10 minutes longer, until <t:1800:t> (<t:1800:R>).",
        ),
        (
            act("pause", by=THE_BOT, reason="no thread"),
            "⏸️ **Four Rooms** paused <#10> until somebody resumes it.\n> no thread",
        ),
        (act("resume"), "▶️ **Max** resumed <#10>."),
        (
            act("query", turn_id=4, question="How are you?", answer="Tired."),
            "❔ **Max** asked the Chatbot in <#10> about reply #4 how it is doing.\n> How are you?",
        ),
        (act("reflect"), "💭 **Max** asked the Chatbot in <#10> to reflect on its sessions."),
        (
            act("setup", therapy=10),
            "🛠️ **Max** set up <#10> as a Chat Room, with therapy threads under <#10>.",
        ),
        (
            act("resume", answered=False, set_aside=2),
            "▶️ **Max** resumed <#10>. 2 messages of the pause will not be answered.",
        ),
        (
            act(
                "settings",
                scales={"before": [], "after": [{"name": "warmth", "description": "is it warm?"}]},
                call_for={"before": ["held"], "after": ["held", "stop"]},
                call_role_id={"before": None, "after": 7},
                alert_people={"before": "1 people", "after": "2 people"},
                limit_cost={"before": 2.5, "after": 1200.0},
            ),
            (
                "⚙️ **Max** changed the settings of <#10>.\n"
                "- own scales: none → warmth\n"
                "- call for: a reply waits for a decision → "
                "a reply waits for a decision, a rule has paused the room\n"
                "- whom to call: none → <@&7>\n"
                "- alert people: 1 person → 2 people\n"
                "- room, US $ a day: 2.5 → 1,200"
            ),
        ),
        (
            act("simulate", persona="sad", chatbot="default", turns=5),
            "🎭 **Max** lets a model play a User (sad) in <#10>, for 5 replies.",
        ),
        (act("false alarm", crisis=1), "🆘 **Max** says that a call in <#10> was a false alarm."),
        (act("take seat"), "🛋️ **Max** coaches the Chatbot in <#10>, as its Therapist."),
        (
            act("guide", text="Be @everyone.", turns=2),
            "🧭 **Max** guides <#10> for 2 replies.\n> Be @\u200beveryone.",
        ),
        (
            act("edit", turn_id=3, before="a", after="b"),
            "✏️ **Max** edited reply #3 in <#10> and sent it.\n> b",
        ),
        (
            act("settings", gate={"before": None, "after": 40}),
            "⚙️ **Max** changed the settings of <#10>.\n- hold replies above: none → 40",
        ),
        (act("rate", turn_id=3, rating="agree"), "⚖️ **Max** rated reply #3: agree."),
        (act("dance", steps=3), "🔹 **Max**: dance in <#10>. steps: 3"),
    ],
)
def test_an_act_reads_as_a_sentence(done: Act, shown: str) -> None:
    assert render_act(done) == shown


@pytest.mark.parametrize("kind", ["pause", "query", "setup", "dance"])
def test_an_act_cannot_ping_nor_grow_too_long(kind: str) -> None:
    bad = "@everyone <@123456789012345678> `" * 300
    done = act(kind, by=Moderator(1, bad), reason=bad, question=bad, therapy=10, more=bad)
    shown = render_act(done)
    assert "@everyone" not in shown
    assert "<@1" not in shown
    assert len(shown) <= 2000
    assert "ℹ️ @\u200bhere" in render_notice("@here")


def test_the_answer_to_a_query_has_numbers_and_words() -> None:
    state = ChatbotState(therapy_progression=60, confusion=20, urgency=0)
    assert render_state(StateAnswer(state=state, answer="I try to listen."), 10, "How?") == [
        (
            "**How the Chatbot is doing in <#10>**\n> How?\n"
            "```\ntherapy progress  60 ███▋░░\nconfusion         20 █▎░░░░\n"
            "urgency            0 ░░░░░░\n```I try to listen."
        )
    ]


def test_a_reflection_quotes_the_record() -> None:
    changes = tuple(ReplyChange(n, f"draft {n}", f"reply {n}") for n in (9, 8, 7, 6))
    (shown,) = render_reflection(ReflectAnswer("To listen first.", 5, changes), 10)
    assert "looking back on 5 replies, 4 of them changed by therapy" in shown
    assert "To listen first." in shown
    assert "-# reply #9\n> draft 9\nand said\n> reply 9" in shown
    assert "draft 6" not in shown


def test_a_reflection_tells_both_halves_in_the_chatbot_s_words() -> None:
    answer = ReflectAnswer("To listen.", 1, (ReplyChange(9, "a", "b"),), "I would have mocked Ana.")
    (shown,) = render_reflection(answer, 10)
    assert "To listen.\n**Without therapy it would have said**\nI would have mocked Ana." in shown


def test_a_reflection_without_changes_claims_none() -> None:
    (shown,) = render_reflection(ReflectAnswer("Nothing to change.", 1, ()), 10)
    assert "1 reply, 0 of them" in shown
    assert "would have said" not in shown


def test_numbers_of_settings_are_the_readers() -> None:
    changed = act(
        "settings",
        alert_people={"before": "2 people", "after": "2 others"},
        stop_spend={"before": None, "after": 2.5},
    )
    with reading("de"):
        shown = render_act(changed)
    assert "2 Personen → 2 andere Personen" in shown
    assert "→ 2,5" in shown
