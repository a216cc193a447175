"""A model's thoughts are not its answer: the forms in which servers let them through.

==========================================  =====================================================
form                                        seen at
==========================================  =====================================================
``<think>…</think>``, also with attributes  DeepSeek R1, Qwen 3; vllm#31045 (closing tag alone),
or nested, the opening or closing one lost  text-generation-webui#7102 (never closed)
``<thinking>``, ``<thought>`` and their     shinychat#208, generative-ai#2090, litellm#10227
kin
``<seed:think>``, ``<mm:think>``            cherry-studio#9498 (Seed-OSS), kimchi#598 (MiniMax)
``◁think▷…◁/think▷``                        sglang#9192 (Kimi)
``[THINK]…[/THINK]``                        vllm-mlx#599, koboldcpp#1970 (Magistral)
``<|START_THINKING|>…<|END_THINKING|>``     Command A Reasoning
``<|channel|>analysis<|message|>…``         OpenAI's Harmony (gpt-oss); imp#768, mlx-lm#1867,
                                            sglang#9190 (its marks taken away)
``<|channel>thought … <channel|>``          Gemma; joplin#16595
``content`` as a list of parts              vercel/ai#8012, req_llm#742, Mistral, Anthropic
==========================================  =====================================================

What stands in code (backticks, or a string of a JSON answer) is talk about a mark, and is left.
A thought that never ends means that there is no answer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

_NAMES: Final = (
    r"(?:seed:|mm:|antml:)?think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis"
)
_MARK: Final = re.compile(
    rf"(?P<open><(?:{_NAMES})(?:\s[^<>]{{0,200}})?>|<\s+(?:{_NAMES})\s*>|\[THINK\]|\u25c1think\u25b7"
    r"|<\|START_THINKING\|>|<\|channel>thought\b)"
    rf"|(?P<close></\s*(?:{_NAMES})\s*>|\[/THINK\]|\u25c1/think\u25b7|<\|END_THINKING\|>"
    r"|<channel\|>)",
    re.IGNORECASE,
)
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|``[^`\n]+``|`[^`\n]+`", re.DOTALL)
# One that never ends is found too, and passed by: else each quote in it is looked at to the end.
_JSON_STRING: Final = re.compile(r'"(?:[^"\\]|\\.?)*(?P<end>"|\Z)', re.DOTALL)
_HARMONY: Final = re.compile(
    r"(?:<\|start\|>\s*assistant\s*)?<\|channel\|>\s*(?P<name>\w+)[^<]{0,80}"
    r"(?:<\|constrain\|>[^<]{0,40})?<\|message\|>"
)
_HARMONY_ENDS: Final = re.compile(r"<\|(?:end|return|call|start)\|>")
_HARMONY_BARE: Final = re.compile(r"\Aanalysis.*?assistant\s*final(?P<answer>.*)\Z", re.DOTALL)
_WRAPPED: Final = re.compile(r"\A<(answer|response)>(?P<answer>.*?)</\1>\Z", re.DOTALL)
_RESPONSE_MARKS: Final = re.compile(r"<\|(?:START|END)_RESPONSE\|>")
_TEXT_PARTS: Final = frozenset({"text", "output_text"})
_Span = tuple[int, int]


def text_of(content: object) -> str:
    """Return what was said in a message's ``content``: a text, or a list of parts.

    Parts that hold a thought are left out; what is no text counts as nothing.
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    return "".join(_text_of_part(part) for part in content)


def without_thoughts(text: str) -> str:
    """Return the answer alone; empty where there is none, as in a thought that never ends."""
    answer = _without_tags(_without_channels(text))
    answer = _RESPONSE_MARKS.sub("", answer).strip()
    wrapped = _WRAPPED.match(answer) if answer != text.strip() else None
    return wrapped["answer"].strip() if wrapped else answer


def _text_of_part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping) or part.get("thought") or part.get("type") not in _TEXT_PARTS:
        return ""
    said = part.get("text")
    return said if isinstance(said, str) else ""


def _without_channels(text: str) -> str:
    """Return what was said in Harmony's final channel, or the text where it has no channels."""
    bare = _HARMONY_BARE.match(text)
    if bare is not None:
        return bare["answer"]
    code = _code_spans(text)
    heads = [head for head in _HARMONY.finditer(text) if not _within(head.start(), code)]
    if not heads:
        return text
    finals = [head for head in heads if head["name"] == "final"]
    if not finals:
        return ""
    said = text[finals[-1].end() :]
    end = _HARMONY_ENDS.search(said)
    return said[: end.start()] if end else said


def _without_tags(text: str) -> str:
    """Return the text without what stands between marks of a thought.

    A closing mark without an opening one ends a thought whose head the server has cut off.
    """
    kept: list[str] = []
    start, depth = 0, 0
    for mark in _marks(text):
        if mark["open"]:
            if depth == 0:
                kept.append(text[start : mark.start()])
            depth += 1
            continue
        if depth == 0:
            kept.clear()
        depth = max(0, depth - 1)
        if depth == 0:
            start = mark.end()
    # Where a thought holds the opening mark once more, it is still one thought.
    if depth and (last := _last_close(text, start)):
        start, depth = last, 0
    return "".join(kept) if depth else "".join(kept) + text[start:]


def _last_close(text: str, start: int) -> int:
    """Return the end of the last closing mark after ``start``, code or not; 0 if there is none."""
    ends = [mark.end() for mark in _MARK.finditer(text, start) if mark["close"]]
    return ends[-1] if ends else 0


def _marks(text: str) -> Iterator[re.Match[str]]:
    spans = _code_spans(text)
    return (mark for mark in _MARK.finditer(text) if not _within(mark.start(), spans))


def _code_spans(text: str) -> list[_Span]:
    """Return where code stands, and in a JSON answer, its strings."""
    spans = [code.span() for code in _CODE.finditer(text)]
    answer = text.find("{", _end_of_thought(text))
    if answer >= 0 and not text[_end_of_thought(text) : answer].strip(" \n\t`json"):
        strings = _JSON_STRING.finditer(text, answer)
        spans += [string.span() for string in strings if string["end"]]
    return _merged(spans)


def _merged(spans: Sequence[_Span]) -> list[_Span]:
    """Return the spans in order, as those that none of them overlaps."""
    merged: list[_Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _end_of_thought(text: str) -> int:
    """Return the end of the first closing mark before a JSON answer; 0 where it begins the text."""
    if text.lstrip().startswith(("{", "```")):
        return 0
    for mark in _MARK.finditer(text):
        if mark["close"] and text[mark.end() :].lstrip(" \n\t`json").startswith("{"):
            return mark.end()
    return 0


def _within(position: int, spans: Sequence[_Span]) -> bool:
    """Return whether one of some merged spans holds the position."""
    after = bisect_right(spans, position, key=lambda span: span[0])
    return after > 0 and position < spans[after - 1][1]
