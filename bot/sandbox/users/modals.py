"""Modals: shown as typed controls, and sent back with what a person filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simcord.backend.errors import SetupError
from simcord.backend.models import Interaction
from simcord.components import validate_modal, walk_components
from simcord.enums import SELECT_TYPES, ComponentType

from bot.sandbox.users.interactions import ENTITIES, FileUpload, InteractionBuilder
from bot.sandbox.users.views import Modal
from bot.sandbox.users.visibility import view_controls

FieldValue = str | bool | Sequence[str | int] | Sequence[FileUpload]
"""The value of a field: a text, a tick, chosen values or ids, or files."""

_LISTS = (*SELECT_TYPES, ComponentType.CHECKBOX_GROUP, ComponentType.FILE_UPLOAD)


def view_modal(record: Interaction) -> Modal | None:
    """Return the form that answered an interaction, None for none."""
    if record.modal is None or record.modal_consumed:
        return None
    spec = record.modal
    return Modal(
        interaction_id=record.id,
        custom_id=spec["custom_id"],
        title=spec["title"],
        controls=tuple(view_controls(spec["components"])),
        texts=tuple(
            str(component["content"])
            for component in walk_components(spec["components"])
            if component.get("type") == ComponentType.TEXT_DISPLAY
        ),
    )


def build_modal_data(
    builder: InteractionBuilder, spec: dict[str, Any], values: Mapping[str, FieldValue]
) -> dict[str, Any]:
    """Return the data of a submitted modal; values go by custom id or by label.

    Raises SetupError for what a client would not let through.
    """
    spec = validate_modal(spec)
    controls = list(view_controls(spec["components"]))
    by_label = {control.label: control.custom_id for control in controls if control.label}
    custom_ids = {control.custom_id for control in controls}
    by_id = {key if key in custom_ids else by_label.get(key, key): v for key, v in values.items()}
    for key in by_id:
        if key not in custom_ids:
            raise SetupError(f"the form has no field {key!r}")
    resolved: dict[str, Any] = {}
    rows = [_node(builder, row, by_id, resolved) for row in spec["components"]]
    data: dict[str, Any] = {
        "custom_id": spec["custom_id"],
        "components": [row for row in rows if row is not None],
    }
    if resolved:
        data["resolved"] = resolved
    return data


def _node(
    builder: InteractionBuilder,
    node: dict[str, Any],
    values: Mapping[str, FieldValue],
    resolved: dict[str, Any],
) -> dict[str, Any] | None:
    kind = ComponentType(node["type"])
    base = {"type": kind, "id": node.get("id", 0)}
    if kind is ComponentType.TEXT_DISPLAY:
        return base
    if kind is ComponentType.ACTION_ROW:
        children = [_node(builder, child, values, resolved) for child in node["components"]]
        return {**base, "components": children}
    if kind is ComponentType.LABEL:
        return {**base, "component": _node(builder, node["component"], values, resolved)}
    return base | {"custom_id": node["custom_id"]} | _field(builder, kind, node, values, resolved)


def _field(
    builder: InteractionBuilder,
    kind: ComponentType,
    node: dict[str, Any],
    values: Mapping[str, FieldValue],
    resolved: dict[str, Any],
) -> dict[str, Any]:
    name = node["custom_id"]
    value = values.get(name, _as_opened(node))
    required = bool(node.get("required", kind is not ComponentType.CHECKBOX))
    if required and value in (None, "", [], ()):
        raise SetupError(f"the field {name!r} is required")
    if kind is ComponentType.TEXT_INPUT:
        return {"value": _text(node, value or "", required=required)}
    if kind is ComponentType.CHECKBOX:
        return {"value": bool(value)}
    if kind not in _LISTS:
        return {"value": value}
    return {"values": _list(builder, kind, node, value, resolved)}


def _as_opened(node: dict[str, Any]) -> Any:
    """Return what a field that is left as it was shown sends."""
    chosen = [option["value"] for option in node.get("options") or () if option.get("default")]
    return chosen or node.get("value") or node.get("default") or None


def _text(node: dict[str, Any], value: Any, *, required: bool) -> str:
    least, most = node.get("min_length") or 0, node.get("max_length") or 4000
    if not isinstance(value, str) or len(value) > most:
        raise SetupError(f"the field {node['custom_id']!r} takes at most {most} characters")
    if len(value) < least and (value or required):
        raise SetupError(f"the field {node['custom_id']!r} takes at least {least} characters")
    return value


def _list(
    builder: InteractionBuilder,
    kind: ComponentType,
    node: dict[str, Any],
    value: Any,
    resolved: dict[str, Any],
) -> list[str]:
    if isinstance(value, str):
        raise SetupError(f"the field {node['custom_id']!r} takes a list")
    chosen = list(value or [])
    most = node.get("max_values") or (10 if kind is ComponentType.CHECKBOX_GROUP else 1)
    if len(chosen) > most:
        raise SetupError(f"the field {node['custom_id']!r} takes at most {most}")
    if kind is ComponentType.FILE_UPLOAD:
        return [builder.store(file, resolved) for file in chosen]
    if kind in ENTITIES:
        texts, entities = builder.chosen(kind, chosen)
        for group, group_entities in entities.items():
            resolved.setdefault(group, {}).update(group_entities)
        return texts
    offered = {option["value"] for option in node.get("options") or []}
    if not set(chosen) <= offered:
        raise SetupError(f"the field {node['custom_id']!r} offers {sorted(offered)}")
    return chosen
