"""Routes that answer interactions, refusing what simcord lets through and Discord does not."""

from __future__ import annotations

from typing import Any

from simcord.enums import CallbackType, InteractionType
from simcord.http.router import UnsupportedField

from bot.sandbox.server import api_errors
from bot.sandbox.server.routes.table import Call, Routes

routes = Routes()

_UPDATES = (CallbackType.DEFERRED_UPDATE_MESSAGE, CallbackType.UPDATE_MESSAGE)


@routes.on("POST", "/interactions/{interaction_id}/{token}/callback")
def answer(call: Call) -> Any:
    """Take the first answer to an interaction."""
    interaction_id = call.int_arg("interaction_id")
    record = call.sandbox.interactions.get(interaction_id)
    if record is not None:
        _require_fitting(call, record.type, record.source_message_id)
    _default_mentions(call.body().get("data"))
    answered = call.pass_on()
    call.sandbox.note_answer(interaction_id)
    wanted = str(call.params.get("with_response", "")).lower() in ("1", "true")
    return answered if wanted else None


def _require_fitting(call: Call, kind: int, source_id: int | None) -> None:
    """Refuse an answer that this kind of interaction cannot have."""
    answer_type = call.body().get("type")
    autocomplete = kind == InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE
    choices = answer_type == CallbackType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT
    if (
        autocomplete != choices
        or (answer_type in _UPDATES and source_id is None)
        or (answer_type == CallbackType.MODAL and kind == InteractionType.MODAL_SUBMIT)
    ):
        raise api_errors.form_error(
            "type", "BASE_TYPE_CHOICES", "This interaction cannot be answered in this way."
        )


def _default_mentions(body: Any) -> None:
    """Let an answer or a webhook's message ping users only, unless it says otherwise."""
    if isinstance(body, dict) and "allowed_mentions" not in body:
        body["allowed_mentions"] = {"parse": ["users"]}


@routes.on("POST", "/webhooks/{webhook_id}/{token}")
def follow_up(call: Call) -> Any:
    """Take a further answer, or a webhook's message; return nothing unless waited for."""
    is_interaction = call.args["token"] in call.sandbox.interaction_tokens
    if "thread_id" in call.params and not is_interaction:
        # Simcord would post into the channel instead.
        raise UnsupportedField(call.method, call.path, ["thread_id"])
    _default_mentions(call.body())
    posted = call.pass_on()
    _note(call)
    waits = str(call.params.get("wait", "")).lower() in ("1", "true")
    return posted if is_interaction or waits else None


@routes.on("PATCH", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
@routes.on("DELETE", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
def go_on(call: Call) -> Any:
    """Change or take back an answer."""
    done = call.pass_on()
    _note(call)
    return done


def _note(call: Call) -> None:
    interaction_id = call.sandbox.interaction_tokens.get(call.args["token"])
    if interaction_id is not None:
        call.sandbox.note_answer(interaction_id)
