"""Finds texts in the code of the cogs that would reach Discord past the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

NOT_SHOWN: Final = frozenset(
    {
        *(
            "say",
            "say_count",
            "Later",
            "because",
            "because_count",
            "getattr",
            "TypeVar",
            "strptime",
            "compile",
            "nonce_of",
        ),
        *("as_delivery_errors", "as_history_errors", "KeyedTasks", "RoomRequest", "File"),
        *("LookupError", "ValueError", "TypeError", "RuntimeError", "TurnLost"),
        *("DeliveryError", "DeliveryHeld", "DeliveryRefused", "DeliveryForbidden"),
    }
)
"""Calls whose texts nobody reads in Discord, or that say them."""
DETAIL_FIRST: Final = frozenset({"NotHere", "NoSuchTurn", "NoSuchRoom"})
"""Errors whose first argument is for the log; what is shown is `public`."""
NOT_SHOWN_KEYWORDS: Final = frozenset({"template", "custom_id", "detail"})
NOT_READ: Final = frozenset(
    {
        "cogs/chat_room/incoming.py",  # what models read of files, polls and stickers
        "cogs/chat_room/catch_up.py",  # events of the log
        "cogs/therapy_room/human_therapist_catch_up.py",
        "cogs/shared/delivery.py",  # details of errors, for the log
    }
)
"""Files without a text that people read in Discord."""
DECORATORS: Final = frozenset({"describe", "command", "Group", "Choice", "rename"})
"""Where commands are described: those are a domain of their own."""
KNOWN: Final = frozenset(
    {
        # Names of what is in a menu of Discord or of a file, which stay as they are.
        *("Show therapy", "Score reply", "This helped", "This hurt me, or was wrong"),
        "Four Rooms",
        "(high is good)",  # typed by an admin, in every language
    }
)
_SAYING: Final = ("say", "say_count", "because", "because_count")
_WORDS: Final = re.compile(r"[A-Za-z]{2,}[,.:;]?\s+[A-Za-z*{(]|[A-Za-z*`.)}]\s[A-Za-z]{2,}")

_ONE_WORD: Final = re.compile(r"[A-Z][a-z]+")


def unsaid_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each literal that reads like a text and is not said.

    A text is what has two words or more, or is one with a capital letter.
    """
    yield from _walk(tree)


def public_unsaid_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each literal that an error takes as `public` without being said."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "public":
            yield from _walk(node.value)


def _walk(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Constant | ast.JoinedStr):
        text = _flat(node)
        if _is_text(text):
            yield node.lineno, text
        if isinstance(node, ast.JoinedStr):
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    yield from _walk(part.value)
        return
    for child in _children(node):
        yield from _walk(child)


def _children(node: ast.AST) -> Iterable[ast.AST]:
    """Return the parts of some code in which texts may stand that people read."""
    match node:
        case ast.Call():
            parts = _of_call(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            parts = _of_function(node)
        case ast.ClassDef():  # its keywords are templates of ids
            parts = iter([*node.bases, *_without_docstring(node.body)])
        case ast.Module():
            parts = _without_docstring(node.body)
        case ast.Assign() | ast.AnnAssign() if _is_public(node):
            parts = iter(())  # a text of an error, which the catalogues take from its class
        case ast.Subscript():
            parts = iter([node.value])
        case ast.Dict():
            parts = iter([*node.values, *(key for key in node.keys if isinstance(key, ast.Call))])
        case ast.Compare():
            parts = iter([node.left])
        case ast.Expr(value=ast.Constant()):
            parts = iter(())  # a comment on what stands above it
        case _:
            parts = ast.iter_child_nodes(node)
    return parts


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    yield from node.decorator_list
    yield node.args
    yield from _without_docstring(node.body)


def _of_call(call: ast.Call) -> Iterator[ast.AST]:
    name = _name(call.func)
    if isinstance(call.func, ast.Attribute):
        yield call.func.value
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "log":
            return
    if name in DECORATORS:
        return
    skipped = 1 if name in DETAIL_FIRST else 0
    quiet = name in NOT_SHOWN
    for argument in call.args[skipped:]:
        if not (quiet and isinstance(argument, ast.Constant | ast.JoinedStr | ast.IfExp)):
            yield argument
    for keyword in call.keywords:
        if keyword.arg in NOT_SHOWN_KEYWORDS or (keyword.arg == "name" and name == "create_task"):
            continue
        if not (quiet and name not in _SAYING):
            yield keyword.value


def _is_public(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == "public" for target in targets)


def _without_docstring(body: list[ast.stmt]) -> Iterator[ast.AST]:
    first = body[0] if body else None
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    yield from body[1:] if documented else body


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.Subscript):
        return _name(func.value)
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _flat(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return "".join(map(str, parts))


def _is_text(text: str) -> bool:
    if text in KNOWN or "(?P<" in text:
        return False
    bare = text.replace("{}", "")
    return bool(_WORDS.search(bare) or (_WORDS.search(text) and re.search("[A-Za-z]{2,}", bare))
                or re.fullmatch(r"[A-Z][a-z]+", text.strip()))  # fmt: skip
