"""The types of single settings: each checks one value and says what it should have been.

Their messages never hold the value itself, which may be a secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

_GGUF_MAGIC: Final = b"GGUF"
_HUB_NAME: Final = re.compile(
    r"([\w-][\w.-]*/[\w-][\w.-]*)/((?:[\w-][\w.-]*/)*[\w-][\w.-]*\.gguf)", re.ASCII
)
"""``owner/repository/file.gguf``; the file may be in folders there."""
_DATABASES: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


@dataclass(frozen=True, slots=True)
class HubName:
    """A file at the model hub, as a setting names it."""

    repository: str
    file: str

    def __str__(self) -> str:
        return f"{self.repository}/{self.file}"


def _http_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname) and parts.port != 0  # reading the port checks it
    except ValueError:  # its message would hold a piece of the value
        named = False
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not named:
        raise ValueError("should be an address that starts with http:// or https://")
    if parts.username or parts.password:
        raise ValueError("should hold no user name or password, since addresses are shown")
    return value.rstrip("/")


def _key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    # It becomes an HTTP header, which other characters would break.
    if not text or not all("!" <= character <= "~" for character in text):
        raise ValueError("should be one word of plain ASCII characters")
    return SecretStr(text)


def _database(value: SecretStr) -> SecretStr:
    scheme, separator, rest = value.get_secret_value().strip().partition("://")
    if scheme not in _DATABASES or not separator or not rest:
        raise ValueError("should start with sqlite:/// or postgresql://")
    return SecretStr(f"{_DATABASES[scheme]}://{rest}")


def _gguf(value: Path) -> Path:
    path = value.expanduser()
    if not path.is_file():
        raise ValueError("there is no such file")
    try:
        with path.open("rb") as file:
            magic = file.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None
    if magic != _GGUF_MAGIC:
        raise ValueError("the file is not a GGUF model")
    return path.resolve()


def _model(value: object) -> object:
    """Return a path to a GGUF model, or the name of one at the hub if there is no such file."""
    if isinstance(value, str) and not Path(value).expanduser().exists():
        named = _HUB_NAME.fullmatch(value.strip())
        if named:
            return HubName(named[1], named[2])
    return _gguf(Path(value)) if isinstance(value, str) else value


def _numbers(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    return value


def _word(value: str) -> str:
    if not value.strip():
        raise ValueError("should not be blank")
    return value.strip()


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


HttpUrl = Annotated[str, AfterValidator(_http_address)]
ApiKey = Annotated[SecretStr, AfterValidator(_key)]
SettingWord = Annotated[str, AfterValidator(_word)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database)]
"""A SQLAlchemy address with the asynchronous driver filled in; secret, it may hold a password."""
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
Numbers = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_numbers)]
Gguf = Annotated[Path, AfterValidator(_gguf)]
EmbeddedModel = Annotated[Path | HubName, BeforeValidator(_model)]
Scale = Annotated[float, Field(ge=0, le=1)]
