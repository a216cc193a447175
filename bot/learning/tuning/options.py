"""The options of a tuning, and the names that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from bot.errors import SettingError
from bot.learning.tuning.settings import Method, TuneSettings

CHATBOT: Final = "chatbot"
THERAPIST: Final = "therapist"
METHODS: Final = tuple(method.value for method in Method)
PRECISIONS: Final = ("auto", "float32", "bfloat16")
AGENTS: Final = (CHATBOT, THERAPIST)
PROMPTS: Final = {CHATBOT: "chatbot/draft", THERAPIST: "therapist/verdict"}
"""The prompt that each agent's rows are rendered by."""
ADAPTER: Final = "adapter.gguf"
PACKAGES: Final = ("torch", "transformers", "trl", "peft", "datasets", "gguf", "safetensors")


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """The options of the command line."""

    settings: TuneSettings
    data: Path
    out: Path
    base: str
    minutes: float | None = None
    fresh: bool = False
    precision: str = "auto"
    """One of `PRECISIONS`."""

    @classmethod
    def chosen(
        cls,
        data: Path,
        out: Path,
        base: str,
        minutes: float | None,
        precision: str,
        fresh: bool,
        **settings: Any,
    ) -> Self:
        """Return the options of a command line; SettingError where one is not to be had."""
        for name, allowed in (("method", METHODS), ("agent", AGENTS)):
            if settings[name] not in allowed:
                raise SettingError(f"--{name} {settings[name]!r}: it is {' or '.join(allowed)}.")
        if precision not in PRECISIONS:
            raise SettingError(f"--precision {precision!r}: it is {', '.join(PRECISIONS)}.")
        if settings["agent"] == THERAPIST and settings["method"] != Method.SFT:
            raise SettingError("--agent therapist learns verdicts, with --method sft alone.")
        return cls(
            TuneSettings.model_validate(settings), data, out, base, minutes, fresh, precision
        )
