"""Discord's errors that simcord does not know, with their numeric codes."""

from __future__ import annotations

from typing import Any

from simcord.backend.errors import BackendError


def form_error(field: str, code: str, message: str) -> BackendError:
    """Return 400 50035: a field of the request is wrong; ``code`` is Discord's word for how."""
    errors: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(field.split(".")):
        errors = {part: errors}
    return BackendError(400, 50035, "Invalid Form Body", errors=errors)


def empty_message() -> BackendError:
    """Return the error for a message with nothing in it."""
    return BackendError(400, 50006, "Cannot send an empty message")


def unknown_reply() -> BackendError:
    """Return the error for a reply to a message that is not there."""
    return form_error("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")


def reply_to_system_message() -> BackendError:
    """Return the error for a reply to a message that nobody wrote."""
    return form_error(
        "message_reference",
        "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE",
        "Cannot reply to a system message",
    )


def reply_without_history() -> BackendError:
    """Return the error for a reply by somebody who may not read the history."""
    return BackendError(403, 160002, "Cannot reply without permission to read message history")


def thread_exists() -> BackendError:
    """Return the error for a second thread on one message."""
    return BackendError(400, 160004, "A thread has already been created for this message")


def thread_locked() -> BackendError:
    """Return the error for a post into a locked thread by one who may not manage threads."""
    return BackendError(403, 160005, "Thread is locked")


def thread_archived() -> BackendError:
    """Return the error for anything but a new post in an archived thread."""
    return BackendError(400, 50083, "Thread is archived")


def invalid_webhook_token() -> BackendError:
    """Return the error for an interaction's token after its 15 minutes."""
    return BackendError(401, 50027, "Invalid Webhook Token")


def slowmode() -> BackendError:
    """Return the error for a second post within the channel's slowmode."""
    return BackendError(429, 20016, "This action cannot be performed due to slowmode rate limit")


def correct_error(error: BackendError) -> BackendError:
    """Return simcord's error with Discord's code.

    Simcord's check for an empty message sits in a helper that only names it in its text; the
    text is fixed by the pinned version.
    """
    if error.code == 50035 and "Cannot send an empty message" in error.message:
        return empty_message()
    return error
