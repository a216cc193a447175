"""The way to a `.env` that works: each answer is checked where it is used, and then written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from bot.client.discord_rest import PORTAL
from bot.client.invite import read_invite_link
from bot.doctor.discord_checks import examine_discord
from bot.doctor.findings import Finding, Mark
from bot.doctor.model_checks import examine_models
from bot.errors import SettingError
from bot.first_settings.env_file import put_in_place, staged_env_file
from bot.settings import ENV_FILE, Settings

DISCORD: Final = "DISCORD_TOKEN"
KEY, ADDRESS, MODEL = "OPENAI_API_KEY", "OPENAI_BASE_URL", "MODEL"
EMBEDDED: Final = "embedded"
OPENAI: Final = "openai"
_INTENTS: Final = "Intents"
"""What can be mended in the portal afterwards, and keeps nobody from inviting the bot."""
TRIES: Final = 3
"""How often a value that does not work is asked for again."""
WHERE_TOKEN: Final = f"It is at {PORTAL}, your application, Bot, Reset Token."
WHICH_MODEL: Final = (
    f"Which model? The address of an endpoint, `{OPENAI}`, or `{EMBEDDED}` (on this machine, free "
    "and private; slow, and of simple mind)"
)


class Person(Protocol):
    """Whoever is asked."""

    def ask(self, question: str, default: str = "") -> str:
        """Return an answer; the default where nothing is said."""
        ...

    def ask_secret(self, question: str) -> str:
        """Return an answer that is not shown."""
        ...


@dataclass(frozen=True, slots=True)
class FirstSettings:
    """What is known before anybody is asked: options, and what the environment holds."""

    environment: Mapping[str, str] = field(default_factory=dict)
    endpoint: str | None = None
    """An address, `OPENAI` or `EMBEDDED`."""
    model: str | None = None
    file: Path = ENV_FILE


class Wizard:
    """The questions to one person, or none where nobody sits there."""

    def __init__(
        self, known: FirstSettings, person: Person | None, tell: Callable[[str], None]
    ) -> None:
        """Take what is known; ``person`` is None where nobody can be asked."""
        self._known = known
        self._person = person
        self._tell = tell
        self._values: dict[str, str] = {}

    async def run(self) -> None:
        """Ask, check, write the file, and tell the link that invites the bot.

        Raises SettingError for what does not work, FourRoomsError where Discord does not answer.
        """
        await self._until_it_works(self._ask_token, self._check_token)
        await self._until_it_works(self._ask_model, self._check_model)
        with staged_env_file(self._known.file, self._values) as staged:
            link = await read_invite_link(Settings.load(staged))
            put_in_place(staged, self._known.file)
        self._tell(f"\n{self._known.file} is written, for you alone to read.")
        self._tell(f"\nInvite the bot to your server with this link:\n\n{link}\n")
        self._tell(
            "Then start it with `python -m bot run` (or `make run`), and give "
            "`/setup chat:#lobby moderators:#moderators` in Discord."
        )

    async def _until_it_works(
        self,
        ask: Callable[[], Mapping[str, str]],
        check: Callable[[Settings], Awaitable[Sequence[Finding]]],
    ) -> None:
        """Ask for values until they work. SettingError after some tries, or if nobody is there."""
        for left in reversed(range(TRIES)):
            try:
                values = {**self._values, **ask()}
                with staged_env_file(self._known.file, values) as staged:
                    settings = Settings.load(staged)
                    self._tell_all(await check(settings))
            except SettingError as error:
                if not left or self._person is None:
                    raise
                self._tell(error.detail)
            else:
                self._values = values
                return

    def _tell_all(self, findings: Sequence[Finding]) -> None:
        """Tell what was found. SettingError for what has to be mended first."""
        for finding in findings:
            said = " ".join(filter(None, (finding.said, finding.mend)))
            if finding.mark is Mark.WRONG and finding.what != _INTENTS:
                raise SettingError(said)
            self._tell(f"{finding.mark.value}: {said}")

    async def _check_token(self, settings: Settings) -> Sequence[Finding]:
        return await examine_discord(settings, [])

    async def _check_model(self, settings: Settings) -> Sequence[Finding]:
        self._tell("Asking the model something small: up to a minute where it runs here \u2026")
        return await examine_models(settings)

    def _ask_token(self) -> Mapping[str, str]:
        question = f"The bot's token (not shown). {WHERE_TOKEN}"
        said = self._secret(DISCORD, question)
        return {DISCORD: said} if said else {}  # the one that the file has, if it has one

    def _ask_model(self) -> Mapping[str, str]:
        endpoint = self._known.endpoint or self._endpoint_of_environment()
        if endpoint is None:
            endpoint = self._person.ask(WHICH_MODEL, EMBEDDED) if self._person else EMBEDDED
        if endpoint == EMBEDDED:
            return self._embedded()
        values = {ADDRESS: "" if endpoint == OPENAI else endpoint}
        needed = endpoint == OPENAI
        values[KEY] = self._secret(KEY, "The key for it (not shown)", needed=needed)
        if needed and not values[KEY]:
            raise SettingError(f"{KEY} is empty, and {OPENAI} answers nobody without one.")
        values[MODEL] = self._model()
        for name in (ADDRESS, MODEL):
            self._require_as_in_environment(name, values[name])
        return values

    def _require_as_in_environment(self, name: str, chosen: str) -> None:
        """Raise SettingError where the environment, which wins, has another value."""
        if self._known.environment.get(name, chosen) != chosen:
            raise SettingError(
                f"{name} is set to something else in the environment, which wins over "
                f"{self._known.file}: unset it."
            )

    def _endpoint_of_environment(self) -> str | None:
        """Return the endpoint that the environment names, which wins over the file anyway."""
        if address := self._known.environment.get(ADDRESS):
            return address
        return OPENAI if self._known.environment.get(KEY) else None

    def _embedded(self) -> Mapping[str, str]:
        for name in (ADDRESS, KEY, MODEL):
            if self._known.environment.get(name):
                raise SettingError(
                    f"{name} is set in the environment, which wins over {self._known.file}: "
                    "unset it to use the embedded model."
                )
        return dict.fromkeys((ADDRESS, KEY, MODEL), "")

    def _model(self) -> str:
        known = self._known.model or self._known.environment.get(MODEL)
        if known is not None or self._person is None:
            return known or ""
        return self._person.ask("The model's id there (empty where it has just one)")

    def _secret(self, name: str, question: str, *, needed: bool = True) -> str:
        """Return a secret of the environment, or ask for it. SettingError where nobody is there."""
        if known := self._known.environment.get(name, "").strip():
            return known
        if self._person is not None:
            return self._person.ask_secret(question).strip()
        if needed:
            raise SettingError(f"{name} is not set, and there is no terminal to ask for it at.")
        return ""
