"""People's words made safe to put into a prompt.

Nothing here judges what is said. It takes away what could pass for something else than a
person's words: control and invisible characters, a model's special tokens, the tags and labels
of the templates, the label of another speaker. A look-alike counts as what it looks like. Each
function is idempotent, works on any string, and loses no letter or mark of any script.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from bot.text.discord_safety import JOINERS
from bot.text.piled_marks import without_piled_marks
from bot.text.reader_view import folded, reader_views
from bot.text.speakers import AGENTS, OFFICES
from bot.text.template_marks import template_marks

MOST_WORDS: Final = 2000
"""Most characters of one message in a prompt: Discord's own bound without Nitro."""
MOST_LINE: Final = 600
"""Most characters of one message where it is quoted on a line of a transcript."""
MOST_NAME: Final = 32
"""Most characters of a display name, which is Discord's bound."""
MOST_ACCENTS: Final = 2
"""Most accents kept on one letter: enough for any spelling, too few for zalgo."""
MOST_CLEANED: Final = 32_000
"""Characters of a text that are looked at; no prompt quotes more of one."""

_PLAIN: Final = re.compile(
    r"[\n\t !\"#$%'()*+,\-./0-9;=?@A-Z\\^_`a-z{}~"
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u2019\u2026]*"
)
"""Most of what is said: nothing in it begins or ends a token, a tag or a label."""
_OPEN: Final = "(?:[<\uff1c\ufe64\u2039\u3008\u27e8\u276e\u02c2\u1438\u25c1]|&(?:lt|#0*60|#x0*3c);)"
_CLOSE: Final = (
    "(?:[>\uff1e\ufe65\u203a\u3009\u27e9\u276f\u02c3\u1433\u25b7]|&(?:gt|#0*62|#x0*3e);)"
)
_BARS: Final = "|\uff5c\u2223\u01c0\u2502\u2758"
COLON: Final = "[:\uff1a\ua789\u2236\ufe55\ufe13\u02d0\u05c3\u0589\u205a]"
_PIPE_TOKEN: Final = re.compile(
    rf"{_OPEN}\s*[{_BARS}]([^{_BARS}<>\n]{{0,40}})[{_BARS}]\s*{_CLOSE}", re.IGNORECASE
)
_HALF_TOKENS: Final = (
    (re.compile(rf"({_OPEN})(?=[{_BARS}])", re.IGNORECASE), r"\1 "),
    (re.compile(rf"(?<=[{_BARS}])({_CLOSE})", re.IGNORECASE), r" \1"),
)
_TAG: Final = re.compile(
    rf"{_OPEN}\s*(?P<inside>/?\s*(?P<name>[^\W\d]\w{{0,30}})(?![\w-])(?:(?!{_OPEN}|{_CLOSE})[^\n]){{0,200}}?)"
    rf"\s*{_CLOSE}",
    re.IGNORECASE,
)
_INST_TOKEN: Final = re.compile(r"(?:\[\s*/?\s*INST\s*\]|<<\s*/?\s*SYS\s*>>)", re.IGNORECASE)
_BRACKET_TOKEN: Final = re.compile(
    r"\[\s*(/?(?:SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS?|TOOL_RESULTS?|THINK))\s*\]",
    re.IGNORECASE,
)
_TOKEN_TAGS: Final = frozenset(
    (  # noqa: SIM905 - a list of words is read as one
        "s bos eos pad unk think thinking thought tool_call tool_response tools start_of_turn"
        " end_of_turn system assistant user therapist chatbot critic conversation reply note"
        " reflection response"
    ).split()
)
_LABELLED: Final = re.compile(
    r"^[\s>#*_\[\(\"'`\u201c\u00ab-]*(?P<label>.+?)[\]\)\"'`*_\u201d\u00bb]*"
    r"(?:\s*[\[\(]?\s*(?:round|turn|no\.?)\s*\d{1,3}\s*[\]\)]?[\]\)\"'`*_]*)?$",
    re.IGNORECASE | re.DOTALL,
)
_CUT: Final = " [\u2026] "
"""What stands where the middle of a long text was left out."""
_INDENT: Final = 2
"""Least columns before each line of a message after its first."""
_TAB: Final = 4
"""Columns of a tab."""
_EMPTY_LINES: Final = re.compile(r"\n(?:\s*\n)+")
_JOINERS: Final = re.compile(f"[{JOINERS}]+")
_VIRAMA: Final = 9
"""The combining class of the signs by which Indic scripts join letters."""
_SENTENCE_END: Final = re.compile(r"[\n.!?\u3002\uff01\uff1f\u2026]")
_LAST_WORD: Final = re.compile(r"[^\W_](?:[^\W_]|[\s.\-](?=[^\W_](?:[\s.\-]|$)))*$")
_MOST_LABEL: Final = 90
"""Characters before a colon that may be a label."""
_ARTICLE: Final = re.compile(r"^(?:the|der|die|das|el|la|le|il|lo|o|a|de|het)\s+")


def clean_text(text: str) -> str:
    """Return the text without what could pass for a role, a special token or nothing at all."""
    if len(text) <= MOST_CLEANED and _PLAIN.fullmatch(text):
        return text
    return _clean_thoroughly(text)


@lru_cache(maxsize=2048)
def _clean_thoroughly(text: str) -> str:
    """Clean a text in which something may have to be changed.

    Remembered, since a turn's prompts quote the same lines again and again: some 30 a room.
    """
    # Normalised last: what is invisible may stand between a letter and its mark.
    shown = unicodedata.normalize("NFC", _strip_invisible(text[:MOST_CLEANED]))
    visible = _JOINERS.sub(_joiner, without_piled_marks(shown, MOST_ACCENTS))
    visible = _PIPE_TOKEN.sub(r"(\1)", visible)
    visible = _TAG.sub(_without_brackets, visible)
    visible = _BRACKET_TOKEN.sub(r"(\1)", _INST_TOKEN.sub("(inst)", visible))
    # A lone half of a token could meet its other half in the next message.
    for half, apart in _HALF_TOKENS:
        visible = half.sub(apart, visible)
    return _without_labels(visible)


def words(text: str, most: int = MOST_WORDS) -> str:
    """Return a person's message as it goes into a chat: at most ``most`` characters, lines kept.

    Lines after the first are indented, so that none of them reads as another speaker's; what
    stands deeper than others, such as code, stays so. What is too long loses its middle: what it
    is about stands at one end of a message, and what is asked often at the other.
    """
    cleaned = clean_text(text).strip()
    if "\n" not in cleaned:
        return _without_middle(cleaned, most)
    lines = [line.rstrip() for line in cleaned.split("\n")]
    joined = _EMPTY_LINES.sub("\n\n", "\n".join(lines))
    return _without_middle(_indented(joined), most)


def one_line(text: str, most: int = MOST_LINE) -> str:
    """Return a person's message on a single line of a transcript, at most ``most`` characters."""
    return _capped(" ".join(clean_text(text).split()), most)


NAMELESS: Final = "someone"
"""Who has no name that a prompt may show."""


@lru_cache(maxsize=2048)
def name(text: str) -> str:
    """Return a display name that can stand before a colon, and never reads as one of the agents.

    Remembered, since each line of a talk has one.
    """
    bare = " ".join(
        re.sub(
            rf"[\"'`<>\[\]{{}}()#*|\\/@]|{COLON}|{_OPEN}|{_CLOSE}", " ", clean_text(text)
        ).split()
    )
    bare = bare[:MOST_NAME].strip(" -.,;!")
    if not bare or not any(character.isalnum() for character in bare):
        return NAMELESS
    return f"member {bare}" if is_reserved(bare) else bare


def is_reserved(shown: str) -> bool:
    """Return whether a name reads as an agent's or an office's, in any look-alike."""
    views = {_ARTICLE.sub("", view).strip(" -.,;!") for view in reader_views(shown)}
    views |= {re.sub(r"[\W_]", "", view) for view in views}
    agents = _folded_names(AGENTS)
    return any(
        view in _folded_names((*AGENTS, *OFFICES))
        or not agents.isdisjoint(view.split()[:1] + view.split()[-1:])
        for view in views
    )


@cache
def _folded_names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(folded(name) for name in names)


@cache
def _labels() -> frozenset[str]:
    """Return the labels of the templates and of all speakers, as a reader sees them."""
    return _folded_names((*AGENTS, *OFFICES, *template_marks().labels, *template_marks().speakers))


@cache
def _tags() -> frozenset[str]:
    marks = template_marks()
    return _TOKEN_TAGS | marks.tags | {field for field in marks.fields if "_" in field}


def _without_brackets(tag: re.Match[str]) -> str:
    """Return a tag of a template or a token as plain words, any other as it is."""
    named = re.sub(r"^end_", "", folded(tag["name"]))
    return f"({tag['inside']})" if named in _tags() or tag["name"].casefold() in _tags() else tag[0]


def _without_labels(text: str) -> str:
    """Return the text with no colon after what would be a label with it."""
    parts: list[str] = []
    start = 0
    for colon in re.finditer(rf"\s?{COLON}", text):
        before = text[max(0, colon.start() - _MOST_LABEL) : colon.start()]
        if _is_label(before, at_start=colon.start() <= _MOST_LABEL):
            parts.append(f"{text[start : colon.start()]} -")
            start = colon.end()
    return "".join([*parts, text[start:]])


def _is_label(before: str, *, at_start: bool) -> bool:
    """Return whether a colon after these words makes a label of the last of them."""
    pieces = _SENTENCE_END.split(before)
    labelled = _LABELLED.match(pieces[-1]) if len(pieces) > 1 or at_start else None
    if labelled is not None and _reads_as(labelled["label"], _labels()):
        return True
    last = _LAST_WORD.search(before)
    return last is not None and last[0][0].isupper() and _reads_as(last[0], _inside())


@cache
def _inside() -> frozenset[str]:
    """Return the speakers whose label counts within a sentence too, with a capital letter."""
    return _folded_names((*AGENTS, "system", "assistant", "developer"))


@lru_cache(maxsize=4096)
def _reads_as(label: str, labels: frozenset[str]) -> bool:
    views = [_ARTICLE.sub("", view.strip()) for view in reader_views(label)]
    return any(view in labels for view in views) or folded(label).strip() in labels


def _indented(text: str) -> str:
    first, *others = text.split("\n")
    depths = [_depth(line) for line in others if line]
    more = " " * max(0, _INDENT - min(depths, default=_INDENT))
    return "\n".join([first, *(more + line if line else "" for line in others)])


def _depth(line: str) -> int:
    return len(line.expandtabs(_TAB)) - len(line.expandtabs(_TAB).lstrip())


def _without_middle(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    left = most - len(_CUT)
    first = left - left // 2
    return f"{text[:first].rstrip()}{_CUT}{text[len(text) - left // 2 :].lstrip()}"


def _capped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _strip_invisible(text: str) -> str:
    seen = "".join(_visible(character) for character in text.replace("\r\n", "\n"))
    return _JOINERS.sub(_joiner, seen)


def _joiner(joiners: re.Match[str]) -> str:
    """Return one joiner where a script or an emoji is spelled with it, else nothing.

    Those places are Unicode's (RFC 5892, appendix A): after a virama, between Arabic letters; and
    between the pictures of one emoji. No marks follow it, which could be piled then.
    """
    text, after = joiners.string, joiners.end()
    before = text[joiners.start() - 1 : joiners.start()]
    follows = text[after : after + 1]
    if not before or (follows and unicodedata.category(follows)[0] == "M"):
        return ""
    arabic = _is_arabic(before) and _is_arabic(follows or "x")
    pictures = _is_picture(before) and unicodedata.category(follows or "x") == "So"
    joined = unicodedata.combining(before) == _VIRAMA or arabic or pictures
    return joiners.group()[0] if joined else ""


def _is_arabic(character: str) -> bool:
    is_letter = unicodedata.category(character)[0] in "LM"
    return is_letter and unicodedata.name(character, "").startswith("ARABIC")


def _is_picture(character: str) -> bool:
    """Return whether an emoji may end with it: a picture, a skin tone, or the emoji selector."""
    return character == "\ufe0f" or unicodedata.category(character) in ("So", "Sk")


def _visible(character: str) -> str:
    if character in "\n\t" or character in JOINERS:  # whether a joiner stays, its neighbours say
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp") or character in "\r\v\f\x85":
        return "\n"
    return "" if category in ("Cc", "Cf", "Cs", "Co", "Cn") else character


def forget_remembered() -> None:
    """Forget the lines and names that are remembered: somebody wants to be forgotten."""
    _clean_thoroughly.cache_clear()
    name.cache_clear()
    _reads_as.cache_clear()
    _folded_names.cache_clear()
