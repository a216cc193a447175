"""LoRA adapters for the embedded model: what their files say, and which base they are for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import SettingError
from bot.llm.embedded.gguf_metadata import read_texts

BASE_KEY: Final = "four_rooms.base_sha256"
"""The entry of an adapter's file with the SHA-256 of the base's file."""
DATA_KEY: Final = "four_rooms.data_sha256"
"""The entry with the SHA-256 of what it was trained on."""
_KIND: Final = "general.type"
_METHOD: Final = "adapter.type"
_BLOCK: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter at the scale at which its agent speaks, above 0 and at most 1.

    ``variable`` is the setting by which it was chosen, for errors.
    """

    variable: str
    path: Path
    scale: float
    sha256: str
    base_sha256: str
    data_sha256: str

    @property
    def name(self) -> str:
        """The name under which its calls are recorded and shown."""
        return f"{self.path.stem} ({self.sha256[:8]}) at {self.scale:g}"


def read_adapter(variable: str, path: Path, scale: float) -> Adapter:
    """Return what the file says. Raises SettingError where it is no adapter that can be checked."""
    try:
        said = read_texts(path, (_KIND, _METHOD, BASE_KEY, DATA_KEY))
        sha256 = hash_file(path)
    except (OSError, ValueError) as error:
        raise SettingError(f"{variable}: {path} cannot be read: {error}.") from None
    if (said.get(_KIND), said.get(_METHOD)) != ("adapter", "lora"):
        raise SettingError(f"{variable}: {path} is no LoRA adapter.")
    if BASE_KEY not in said:
        raise SettingError(
            f"{variable}: {path} does not say which model it is for. Its entry {BASE_KEY} should "
            "be the SHA-256 of that model's file."
        )
    return Adapter(variable, path, scale, sha256, said[BASE_KEY].lower(), said.get(DATA_KEY, ""))


def require_base(adapter: Adapter, base: Path, base_sha256: str) -> None:
    """Raise SettingError where the adapter was made for another model than ``base``."""
    if adapter.base_sha256 != base_sha256:
        raise SettingError(
            f"{adapter.variable}: {adapter.path} was made for another model, whose file has the "
            f"SHA-256 {adapter.base_sha256[:12]}…; that of {base} is {base_sha256[:12]}…. Use it "
            f"with its own model, or unset {adapter.variable}."
        )


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file; seconds for a model. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
