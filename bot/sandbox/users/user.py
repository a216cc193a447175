"""A person in the sandbox: reads what they may see, does what they may do.

Every act goes through the server's own permission checks and is refused as Discord refuses it
(`Refused`). Example::

    ana, mo = sandbox.person("Ana"), sandbox.person("Max")
    said = await ana.say("#lobby", "I just got promoted today!")
    reply = await ana.wait_for(lambda m: m.by_bot, where="#lobby", after=said)
    answer = await mo.slash("#moderators", "pause", channel="#lobby", minutes=5)
    print(await answer.message())
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simcord.enums import ComponentType, InteractionType, OptionType
from simcord.interactions import base_payload

from bot.sandbox.server.events import InteractionAnswered, ServerEvent
from bot.sandbox.server.payloads import build_message_payload
from bot.sandbox.users.event_stream import EventStream
from bot.sandbox.users.interactions import ENTITIES, InteractionBuilder, OptionValue
from bot.sandbox.users.modals import FieldValue, build_modal_data
from bot.sandbox.users.reader import PlaceRef, Reader
from bot.sandbox.users.responses import FIRST_RESPONSE, InteractionResponse
from bot.sandbox.users.user_errors import NoResponse, Refused, refusing
from bot.sandbox.users.views import Choice, Control, ControlKind, Message, Place
from bot.sandbox.users.writer import Writer

OptionArgument = OptionValue | Place | Reader
"""An option's argument: a value, or the place or person itself, or a channel's name."""

_COMPONENT_KINDS = {
    ControlKind.BUTTON: ComponentType.BUTTON,
    ControlKind.SELECT: ComponentType.STRING_SELECT,
    ControlKind.PEOPLE: ComponentType.USER_SELECT,
    ControlKind.ROLES: ComponentType.ROLE_SELECT,
    ControlKind.ANYONE: ComponentType.MENTIONABLE_SELECT,
    ControlKind.CHANNELS: ComponentType.CHANNEL_SELECT,
}


class SandboxUser(Writer):
    """Somebody of the server, acting."""

    def watch(self) -> EventStream:
        """Return a stream of all that they see from now on."""
        return EventStream(self)

    # Asking the application

    async def slash(
        self, where: PlaceRef, name: str, /, **options: OptionArgument
    ) -> InteractionResponse:
        """Use a slash command; ``name`` may be a path such as ``therapist take``.

        Returns once the application has answered for the first time (it may only have asked for
        time). Raises Refused where it is not shown to them, NoResponse after three seconds.
        """
        builder = self._asking(where)
        with refusing():
            data = builder.command(name, self._values(where, name, options))
        return await self._ask(where, InteractionType.APPLICATION_COMMAND, data)

    async def suggestions(
        self, where: PlaceRef, name: str, option: str, typed: str, /, **filled: OptionArgument
    ) -> tuple[Choice, ...]:
        """Return what an option offers while they type. Raises Refused, NoResponse."""
        builder = self._asking(where)
        with refusing():
            data = builder.suggestion(name, option, typed, self._values(where, name, filled))
        kind = InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE
        return (await self._ask(where, kind, data)).choices

    async def use_menu(self, message: Message, entry: str) -> InteractionResponse:
        """Use an entry of a message's menu ("Apps"). Raises Refused, NoResponse."""
        builder = self._asking(message.place_id)
        with refusing():
            self._seen_by_them(message)
            data = builder.menu_entry(entry, message.id)
        return await self._ask(message.place_id, InteractionType.APPLICATION_COMMAND, data)

    async def click(self, message: Message, button: str) -> InteractionResponse:
        """Press a button, by label or custom id. Raises Refused, NoResponse."""
        control = self._control(message, button, ControlKind.BUTTON)
        return await self._use(message, control, {})

    async def select(
        self, message: Message, values: Sequence[str | int], control: str | None = None
    ) -> InteractionResponse:
        """Choose values (people, roles and channels by id) in a select. Raises Refused, NoResponse.

        ``control`` is its custom id; without it the message's only select is taken.
        """
        selects = tuple(kind for kind in _COMPONENT_KINDS if kind is not ControlKind.BUTTON)
        chosen = self._control(message, control, *selects)
        if not chosen.least <= len(values) <= chosen.most:
            raise Refused(0, f"choose between {chosen.least} and {chosen.most}")
        kind = _COMPONENT_KINDS[chosen.kind]
        if kind in ENTITIES:
            with refusing():
                texts, resolved = self._asking(message.place_id).chosen(kind, values)
            return await self._use(message, chosen, {"values": texts, "resolved": resolved})
        offered = {option.value for option in chosen.options}
        if not set(map(str, values)) <= offered:
            raise Refused(0, f"the select offers {sorted(offered)}")
        return await self._use(message, chosen, {"values": [str(value) for value in values]})

    async def submit(
        self, interaction_id: int, values: Mapping[str, FieldValue]
    ) -> InteractionResponse:
        """Send a form that was opened for them. Raises Refused, NoResponse."""
        record = self.sandbox.interactions.get(interaction_id)
        if record is None or record.modal is None or record.modal_consumed:
            raise Refused(0, "there is no form to send")
        if record.user_id != self.id:
            raise Refused(0, "the form is not theirs")
        builder = self._asking(record.channel_id)
        with refusing():
            data = build_modal_data(builder, record.modal, values)
        record.modal_consumed = True
        return await self._ask(
            record.channel_id,
            InteractionType.MODAL_SUBMIT,
            data,
            source_id=record.source_message_id,
        )

    def _asking(self, where: PlaceRef) -> InteractionBuilder:
        return InteractionBuilder(self.sandbox, self.id, self.place_id(where))

    def _values(
        self, where: PlaceRef, name: str, arguments: Mapping[str, OptionArgument]
    ) -> dict[str, OptionValue]:
        """Return options with places and people by id; a channel's name is looked up."""
        kinds = {
            parameter.name: parameter.kind
            for command in self.commands(where)
            if command.name == name
            for parameter in command.parameters
        }
        values: dict[str, OptionValue] = {}
        for option, value in arguments.items():
            if isinstance(value, Place | Reader):
                values[option] = value.id
            elif isinstance(value, str) and kinds.get(option) == OptionType.CHANNEL:
                values[option] = value if value.isdecimal() else self.place_id(value)
            else:
                values[option] = value
        return values

    def _control(self, message: Message, wanted: str | None, *kinds: ControlKind) -> Control:
        """Return a control on a message as it is now, if it can be used. Raises Refused."""
        fitting = [control for control in self.now(message).controls if control.kind in kinds]
        if wanted is not None:
            fitting = [c for c in fitting if wanted in (c.label, c.custom_id)]
        if len(fitting) != 1:
            raise Refused(0, f"{len(fitting)} controls on the message fit {wanted!r}")
        if fitting[0].disabled:
            raise Refused(0, f"{wanted!r} is disabled")
        return fitting[0]

    async def _use(
        self, message: Message, control: Control, data: dict[str, Any]
    ) -> InteractionResponse:
        with refusing():
            self.sandbox.require_open(message.place_id)
        return await self._ask(
            message.place_id,
            InteractionType.MESSAGE_COMPONENT,
            {
                "custom_id": control.custom_id,
                "component_type": _COMPONENT_KINDS[control.kind],
                **data,
            },
            source_id=message.id,
        )

    async def _ask(
        self,
        where: PlaceRef,
        kind: InteractionType,
        data: dict[str, Any],
        *,
        source_id: int | None = None,
    ) -> InteractionResponse:
        """Send an interaction, and wait for its first answer."""
        place_id = self.place_id(where)
        record, payload = base_payload(
            self.sandbox,
            type=kind,
            channel_id=place_id,
            guild_id=self.guild_id,
            user_id=self.id,
            data=data,
        )
        payload["authorizing_integration_owners"] = {"0": str(self.guild_id)}
        if source_id is not None:
            source = self.sandbox.get_message(place_id, source_id)
            record.source_message_id = source_id
            payload["message"] = build_message_payload(self.sandbox, source)
        self.sandbox.emit("INTERACTION_CREATE", payload)

        def answered(event: ServerEvent | None) -> bool | None:
            if isinstance(event, InteractionAnswered) and event.interaction_id != record.id:
                return None
            return True if record.responded else None

        try:
            await self.sandbox.event_bus.until(answered, timeout=FIRST_RESPONSE)
        except TimeoutError:
            raise NoResponse("The application did not respond") from None
        return InteractionResponse(self.sandbox, record, self.submit)
