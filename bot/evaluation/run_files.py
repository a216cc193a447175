"""The file of a run's figures and records (`--json`), and a run read from it (`--from`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.errors import SettingError
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Header, Record
from bot.private_files import write_private

_RECORDS: Final[TypeAdapter[list[Record]]] = TypeAdapter(list[Record])


def write_results(path: Path | None, figures: Mapping[str, object], log: RunLog) -> None:
    """Write header, figures and all records, if a file is named. SettingError if it cannot be."""
    if path is None:
        return
    whole = {
        "header": log.header.model_dump(mode="json"),
        "figures": figures,
        "records": [record.model_dump(mode="json") for record in log.all()],
    }
    try:
        write_private(path, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise SettingError(f"--json {path} cannot be written ({error.strerror}).") from None


def read_results(path: Path, what: str) -> RunLog:
    """Return the run in a file that `write_results` made, of a header that begins with ``what``.

    SettingError if it holds another kind of run, or something else.
    """
    try:
        whole = json.loads(path.read_text("utf-8"))
        log = RunLog(Header.model_validate(whole["header"]))
        records = _RECORDS.validate_python(whole["records"])
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"--from {path} cannot be read ({type(error).__name__}).") from None
    except ValidationError as error:
        raise SettingError(f"--from {path}: {_first_fault(error)}") from None
    except (json.JSONDecodeError, KeyError, TypeError):
        raise SettingError(f"--from {path}: not a file that --json has written.") from None
    if not log.header.what.startswith(what):
        raise SettingError(f"--from {path}: it holds another kind of run ({log.header.what}).")
    for record in records:
        log.add(record)
    return log


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    at, *fields = first["loc"] or ("header",)
    where = f"record {int(at) + 1}" if isinstance(at, int) else "the header"
    inside = ".".join(map(str, fields))
    return f"{where}: {inside}: {first['msg']}."
