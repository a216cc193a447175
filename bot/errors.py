"""The errors that travel between the rooms.

::

    FourRoomsError            public: safe to show anyone; detail: for moderators and the log
    ├── WrongInput            what a person typed is wrong: they can correct it
    ├── SettingError          a setting is wrong or missing: name it, say how to mend it
    │   └── MissingExtra      a package that only some need is not installed
    ├── LLMError              a language model gave no usable answer
    │   ├── LLMUnavailable    worth another try later: timeout, 429, 5xx, connection
    │   │   └── EndpointAway  known to be so: it was not tried
    │   ├── LLMRefused        the model or its provider declined, or answered nothing usable
    │   │   └── AnswerNotInForm  it answered twice in another form than asked; ``said`` is the text
    │   ├── LLMOverBudget     the turn's deadline or a spending bound is reached
    │   │   └── LimitUsedUp   a limit of the day, which `public` names
    │   └── LLMMisconfigured  key, model or address is wrong: an operator has to act
    └── DeliveryError         Discord did not take a post
        ├── DeliveryUncertain it may have taken it: look before sending again
        ├── DeliveryRefused   it never will, as things are: words refused, channel gone
        │   └── DeliveryForbidden  for want of a permission, which an admin can give
        └── DeliveryHeld      it was not tried: everybody would read what is for a few
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from bot import PACKAGED_PROMPTS


class FourRoomsError(Exception):
    """Base of every expected failure.

    ``str(error)`` is safe to show to anyone. ``detail`` is for moderators and the log: it
    names what went wrong, and never holds a secret or what a person wrote.
    """

    public = "Something went wrong on my side."

    def __init__(self, detail: str = "", *, public: str | None = None) -> None:
        super().__init__(public or self.public)
        self.detail = detail or self.public


class WrongInput(FourRoomsError):
    """What a person typed cannot be taken; the text says why, so that they can correct it."""


class SettingError(FourRoomsError):
    """A setting is missing or wrong. The command line ends with status 2 and ``detail``."""

    public = "I am not set up correctly."


def exit_status(error: BaseException | None) -> int:
    """Return the status of a process that ends with that error: 2 where a person has to mend it.

    0 for none, and for a stop that was asked for, such as a cancellation.
    """
    if not isinstance(error, Exception):
        return 0
    return 2 if isinstance(error, SettingError) else 1


class MissingExtra(SettingError):
    """Packages of an extra of ``pyproject.toml`` are not installed: which, and how to mend it."""

    def __init__(self, purpose: str, extra: str, packages: Sequence[str]) -> None:
        named = " and ".join(packages)
        # Where a package was installed there is no folder of the project to install from.
        packaged = PACKAGED_PROMPTS.is_dir()
        how = f'"four-rooms[{extra}]"' if packaged else f'".[{extra}]" in the bot\'s folder'
        super().__init__(f"{purpose} needs {named}: pip install {how}.")


def require_extra(purpose: str, extra: str, *packages: str) -> None:
    """Raise MissingExtra unless ``packages``, those of an extra, are there; import none of them."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingExtra(purpose, extra, missing)


class LLMError(FourRoomsError):
    """A language model gave no usable answer."""

    public = "I could not find the right words just now."


class LLMUnavailable(LLMError):
    """A passing failure; ``retry_after`` is in seconds where the endpoint named a time."""

    def __init__(self, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class EndpointAway(LLMUnavailable):
    """The endpoint has failed again and again, and is left alone for now: no call was made."""


class LLMRefused(LLMError):
    """The model declined, was filtered, or did not answer in the asked form even after repair."""


class AnswerNotInForm(LLMRefused):
    """The model answered twice, and in another form than asked.

    ``said`` is its last text without its thoughts: a model's words, for nobody's log.
    """

    def __init__(self, detail: str, *, said: str) -> None:
        super().__init__(detail)
        self.said = said


class LLMOverBudget(LLMError):
    """The turn's deadline or a spending bound is reached: no further call is made."""


class LimitUsedUp(LLMOverBudget):
    """A limit of the day leaves no room for the call: it was not made."""


class LLMMisconfigured(LLMError):
    """Key, model name or address is wrong; trying again cannot help."""


class DeliveryError(FourRoomsError):
    """Discord did not take a post, and certainly did not show it: safe to try again."""

    public = "I could not post that."


class DeliveryUncertain(DeliveryError):
    """The post may have been taken (timeout, dropped answer): look for it before sending again."""


class DeliveryRefused(DeliveryError):
    """Discord refuses the post as things are (its words, permission missing, channel gone)."""


class DeliveryForbidden(DeliveryRefused):
    """The bot may not post there now: a permission is missing, or it is timed out."""


class DeliveryHeld(DeliveryError):
    """The post is kept back, for as long as it takes: the place is open to people it is not for."""
