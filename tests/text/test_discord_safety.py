"""What a text may do in Discord once it has been made harmless, and what it may still say."""

from __future__ import annotations

import re
import time
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text import discord_safety
from bot.text.discord_safety import BREAK, LONGEST, make_harmless

# As Discord's own clients find a link in a text, which asks neither for code nor for its end.
MASKED = re.compile(
    r"\[[\s\S]*?\]\(\s*<?\s*(?:https?|discord|mailto)\\?:\\?/[^)]*\)", re.IGNORECASE
)
LIVE = re.compile(
    r"<@[!&]?\d|<#\d|</[^<>:]+:\d|<id:|@everyone|@here"
    r"|discord(?:app)?\.(?:gg|com/+invite)/|\]\(\s*<?\s*https?\\?:",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "text",
    [
        "[your bank](https://evil.example)",
        "[your bank](<https://evil.example>)",
        '[your bank](https://evil.example "https://bank.example")',
        "[your bank]( https://evil.example )",
        "[your bank](\nhttps://evil.example)",
        "[your bank](HTTPS://evil.example)",
        "[your bank](https\\://evil.example)",
        "[your [own] bank](https://evil.example)",
        "[[[your bank]]](https://evil.example)",
        "[a] and ](https://evil.example)",
        "[your bank](https://evil.example/(a)b)",
        "[https://bank.example](https://evil.example)",
        "**[your bank](https://evil.example)**",
        "> [your bank](https://evil.example)",
        "||[your bank](https://evil.example)||",
        "![a picture](https://evil.example/x.png)",
        "[your bank]\u200b(https://evil.example)",
        "[your bank](\u200bhttps://evil.example)",
        "[your bank](ht\u2060tps://evil.example)",
        "[your bank](\u202ehttps://evil.example)",
        "[click `](https://evil.example) `",
        "[click ```](https://evil.example)```",
        "**a ` b** [your bank](https://evil.example) `",
        "[run](discord://-/settings)",
    ],
)
def test_a_masked_link_shows_where_it_leads(text: str) -> None:
    shown = make_harmless(text)
    assert not MASKED.search(shown)
    assert "evil.example" in shown or "discord://" in shown
    assert shown.replace(BREAK, "") == re.sub("[\u200b\u2060\u202e]", "", text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@123456789012345678>", f"<{BREAK}@123456789012345678>"),
        ("<@!123456789012345678>", f"<{BREAK}@!123456789012345678>"),
        ("<@&123456789012345678>", f"<{BREAK}@&123456789012345678>"),
        ("<#123456789012345678>", f"<{BREAK}#123456789012345678>"),
        ("<id:customize>", f"<{BREAK}id:customize>"),
        ("</pause:123456789012345678>", "/pause"),
        ("<:wave:123456789012345678>", ":wave:"),
        ("@everyone, @Here", f"@{BREAK}everyone, @{BREAK}Here"),
        ("@\u200beveryone", f"@{BREAK}everyone"),
        ("<\u200b@123456789012345678>", f"<{BREAK}@123456789012345678>"),
        ("join https://discord.gg/abc", f"join https://discord{BREAK}.gg/abc"),
        ("DISCORD.GG/abc", f"DISCORD{BREAK}.GG/abc"),
        ("discord\u200b.gg/abc", f"discord{BREAK}.gg/abc"),
        ("discord.com/invite/abc", f"discord{BREAK}.com/invite/abc"),
        ("discordapp.com/invite/abc", f"discord{BREAK}app.com/invite/abc"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("discord.com:443/invite/x", f"discord{BREAK}.com:443/invite/x"),
        ("discord.gg:443/x", f"discord{BREAK}.gg:443/x"),
        ("discord.com/%69nvite/x", f"discord{BREAK}.com/%69nvite/x"),
        ("%64iscord%2egg/x", f"%64iscord{BREAK}%2egg/x"),
        ("discord.gg/%66ourrooms", f"discord{BREAK}.gg/%66ourrooms"),
        ("discord.com./invite/x", f"discord{BREAK}.com{BREAK}./invite/x"),
        ("discord.gg./x", f"discord{BREAK}.gg{BREAK}./x"),
        ("discord\u3002gg/x", f"discord{BREAK}\u3002gg/x"),
        ("ｄｉｓｃｏｒｄ.gg/x", f"ｄｉｓｃｏｒｄ{BREAK}.gg/x"),
        ("DISCORDAPP.COM/INVITE/x", f"DISCORD{BREAK}APP.COM/INVITE/x"),
        ("ptb.discord.com/invite/x", f"ptb.discord{BREAK}.com/invite/x"),
        ("discord.com/x/../invite/x", f"discord{BREAK}.com/x/{BREAK}.{BREAK}./invite/x"),
        ("<<a:b:123456789012345678>:c:123456789012345678>", "<:b::c:123456789012345678>"),
    ],
)
def test_nothing_pings_jumps_or_invites(text: str, shown: str) -> None:
    assert make_harmless(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "[the bank](mailto:thief@evil.example)",
        "[call](tel:+4712345)",
        "[run](javascript:alert(1))",
        "[the bank](<https://evil.example>)",
        "[the bank](//evil.example)",
        "[the bank](www.evil.example)",
        '[docs.example](https://evil.example/steal "https://docs.example")',
    ],
)
def test_a_link_of_any_scheme_shows_where_it_leads(text: str) -> None:
    assert f"]{BREAK}(" in make_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "**Bold**, *slanted*, ~~gone~~, ||hidden|| and `code`.",
        "# A heading\n- one\n- two\n> said",
        "```py\nhandlers[i](event)\nx = a[0](b)[1]\n@dataclass\nclass A: ...\n```",
        "```html\n<div id='a'></div>\n<#comment>\n```",
        "See [1] and [2] (both are good), or `rows[0](x)`.",
        "An address: https://example.org/a_(b), or <https://example.org>.",
        "https://discord.com/channels/1/2/3 and https://discord.com/developers",
        "a < b, a <@ b, mail me @home",
        "discord.py is on https://github.com/Rapptz/discord.py, discord.gg is a name",
        "လူတို့ ကျွန်ုပ် ক্ষ์ กำ่ ที่ 한국어 வணக்கம் שָׁלוֹם",
        "👩‍👩‍👧 and नमस्ते",
    ],
)
def test_what_harms_nobody_stays_as_it_is(text: str) -> None:
    assert make_harmless(text) == text


PIECES = (
    *("[", "]", "(", ")", "`", "```", "\n", "\\", "<", "@", "#", "/", ":", "1", "id:", "**", " "),
    *("https://e.org", "everyone", "discord", ".gg/", "\u200b", "\u202e", "x"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@example(["[", "x", "]", "\u200b", "(", "\u202e", "https://e.org", ")"])
def test_no_mix_of_pieces_is_alive_and_a_second_time_changes_nothing(pieces: list[str]) -> None:
    shown = make_harmless("".join(pieces))
    assert not LIVE.search(shown)
    assert make_harmless(shown) == shown


@given(st.text(max_size=300))
@example("e\u200b\u0301")
@example("<a<:b:123456789012345678>123456789012345678>")
@example("<\u200b:wave:123456789012345678>")
@example("\u0f73\u0f73\u0344\u0301\u200b\u0301\u0301\u0301")
def test_what_has_been_made_harmless_stays_as_it_is(text: str) -> None:
    shown = make_harmless(text)
    assert make_harmless(shown) == shown


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("\n\t")))
def test_nothing_of_plain_ascii_is_invisible(text: str) -> None:
    assert discord_safety._PLAIN.fullmatch(text)
    assert discord_safety._spelled(text) == text


@given(st.sampled_from([*map(chr, range(0x20)), "\x7f", "\x85", "\u200b", "e\u0301"]))
def test_what_is_not_plain_is_looked_at(character: str) -> None:
    plain = character in "\n\t"
    assert (discord_safety._PLAIN.fullmatch(f"a{character}b") is not None) == plain


@given(
    st.lists(
        st.sampled_from((*PIECES, ":", "mailto:", "%2e", "\u3002", ".com/", "invite/", "\u0301")),
        max_size=40,
    )
)
def test_no_invite_is_alive_however_it_is_put_together(pieces: list[str]) -> None:
    shown = make_harmless("".join(pieces))
    assert make_harmless(shown) == shown
    assert "discord.gg/" not in unquote(shown)
    assert "discord.com/invite/" not in unquote(shown)


@pytest.mark.parametrize(
    "text",
    ["word " * 40_000, "a" * 5_000_000, "[](" * 100_000, "<a" * 100_000, "e\u0301\u0302" * 99_999],
)
def test_the_work_is_bounded_and_so_is_the_text(text: str) -> None:
    before = time.process_time()
    shown = make_harmless(text)
    assert time.process_time() - before < 1
    assert len(shown) <= LONGEST
    assert make_harmless(shown) == shown
