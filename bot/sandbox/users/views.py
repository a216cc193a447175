"""A person's view as plain typed data: the Python client returns it, a page can show it.

Ids are numbers here; a page that runs in JavaScript wants them as text (they exceed 2**53).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class PlaceKind(StrEnum):
    """The kinds of places."""

    CHANNEL = "channel"
    PRIVATE_THREAD = "private thread"
    PUBLIC_THREAD = "public thread"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or thread that a person may see; ``parent_id`` is a thread's channel."""

    id: int
    name: str
    kind: PlaceKind
    parent_id: int | None
    topic: str
    archived: bool
    locked: bool
    may_post: bool
    may_read_history: bool
    last_message_id: int | None = field(compare=False)
    """The latest message that they see; a place is the same place whatever it is."""

    @property
    def is_thread(self) -> bool:
        """True where it hangs under a channel."""
        return self.kind in (PlaceKind.PRIVATE_THREAD, PlaceKind.PUBLIC_THREAD)


@dataclass(frozen=True, slots=True)
class GuildMember:
    """Somebody in the server, by the name that is shown."""

    id: int
    name: str
    bot: bool
    role: str
    """The highest role that is listed apart, empty for none."""


@dataclass(frozen=True, slots=True)
class File:
    """A file on a message; ``url`` can be fetched from the sandbox."""

    id: int
    name: str
    url: str
    size: int
    content_type: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class EmbedField:
    """One field of an embed."""

    name: str
    value: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Embed:
    """A card on a message. ``colour`` is RGB, None for the default."""

    title: str = ""
    description: str = ""
    url: str = ""
    colour: int | None = None
    fields: tuple[EmbedField, ...] = ()
    author: str = ""
    footer: str = ""
    image_url: str = ""
    thumbnail_url: str = ""
    timestamp: str = ""

    @property
    def text(self) -> str:
        """All the words of it, for tests and for a print-out."""
        parts = [self.author, self.title, self.description]
        parts += [f"{field.name}: {field.value}" for field in self.fields]
        return "\n".join(part for part in [*parts, self.footer] if part)


class ControlKind(StrEnum):
    """The kinds of controls."""

    BUTTON = "button"
    LINK = "link"
    SELECT = "select"  # one of the options listed
    PEOPLE = "people"
    ROLES = "roles"
    ANYONE = "anyone"  # people and roles
    CHANNELS = "channels"
    TEXT = "text"
    FILES = "files"
    RADIO = "radio"
    CHECKS = "checks"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select."""

    label: str
    value: str
    description: str = ""
    emoji: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """A button, select or field that a person can use, on a message or in a modal."""

    kind: ControlKind
    custom_id: str
    label: str = ""
    row: int = 0
    style: int = 0
    """Discord's number: for buttons 1 primary to 4 danger, for text 1 one line, 2 many."""
    emoji: str = ""
    url: str = ""
    disabled: bool = False
    placeholder: str = ""
    description: str = ""
    value: str = ""
    options: tuple[Option, ...] = ()
    least: int = 1
    most: int = 1
    """For a select how many choices, for text how many characters."""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji under a message, and how many gave it."""

    emoji: str
    count: int
    own: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message as one person sees it."""

    id: int
    place_id: int
    author_id: int
    author: str
    by_bot: bool
    text: str
    at: datetime
    edited: bool
    kind: int
    """Discord's message type: 0 plain, 19 a reply, 20 an answer to a command, others system."""
    reply_to: int | None
    """The message that this one refers to, in the same place; it may be deleted."""
    reply_gone: bool
    only_you: bool
    """Ephemeral: nobody else sees it."""
    thinking: bool
    """A deferred answer that is not there yet."""
    command: str
    """The command that this answers, empty for none."""
    command_by: str
    from_menu: bool
    """Whether that was an entry of a menu, and no slash command."""
    mentions: tuple[int, ...]
    files: tuple[File, ...]
    embeds: tuple[Embed, ...]
    controls: tuple[Control, ...]
    reactions: tuple[Reaction, ...]
    thread_id: int | None
    pinned: bool
    is_system: bool

    @property
    def all_text(self) -> str:
        """The text and that of its embeds."""
        return "\n".join([self.text, *(embed.text for embed in self.embeds)]).strip()

    def control(self, label_or_id: str) -> Control:
        """Return the control with this label or custom id. Raises KeyError."""
        for control in self.controls:
            if label_or_id in (control.label, control.custom_id):
                return control
        raise KeyError(label_or_id)

    def __str__(self) -> str:
        marks = " (only you)" if self.only_you else ""
        return f"{self.author}{marks}: {self.all_text or '…'}"


@dataclass(frozen=True, slots=True)
class Modal:
    """A form that the application has opened for a person."""

    interaction_id: int
    custom_id: str
    title: str
    controls: tuple[Control, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a command's option offers."""

    name: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option of a command; ``kind`` is Discord's number (3 text, 4 integer, 7 channel …)."""

    name: str
    description: str
    kind: int
    required: bool
    choices: tuple[Choice, ...] = ()
    autocomplete: bool = False
    least: float | None = None
    most: float | None = None
    shortest: int | None = None
    longest: int | None = None
    channel_kinds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a person may use here; ``name`` holds the whole path, such as `a b`."""

    name: str
    description: str
    parameters: tuple[Parameter, ...] = ()
