"""A run's file: JSON Lines that are only ever appended, so that a broken run can go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, TypeVar

from pydantic import ValidationError

from bot.errors import SettingError
from bot.evaluation.run_records import LINE, Header, Record
from bot.private_files import open_private
from bot.text.json_lines import json_line

RecordT = TypeVar("RecordT", bound=Record)


class RunLog:
    """The records of one run, in memory and, if it has a path, in a file."""

    def __init__(self, header: Header, path: Path | None = None) -> None:
        """Go on with the run in ``path``, or begin it.

        Raises SettingError if the file holds another run or something else.
        """
        self.header = header
        self._records: dict[tuple[str, ...], Record] = {}
        self._file: TextIO | None = None
        if path is not None:
            self._file = self._open(path)

    def __contains__(self, key: tuple[str, ...]) -> bool:
        """Return whether the run has that record already."""
        return key in self._records

    def add(self, record: Record) -> None:
        """Keep a record. One that is there already stays as it is."""
        if record.key in self._records:
            return
        self._records[record.key] = record
        self._write(record)

    def of(self, kind: type[RecordT]) -> Iterator[RecordT]:
        """Return all records of a kind, in the order of their keys, whatever order they came in."""
        return (record for record in self.all() if isinstance(record, kind))

    def all(self) -> Iterator[Record]:
        """Return all records, in the order of their keys."""
        return (self._records[key] for key in sorted(self._records))

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: Header | Record) -> None:
        if self._file is not None:
            self._file.write(json_line(line.model_dump_json()))
            self._file.flush()

    def _open(self, path: Path) -> TextIO:
        try:
            resumed = self._read(path)
            file = open_private(path, "a")
        except OSError as error:
            raise SettingError(f"{path} cannot be used ({error.strerror}).") from None
        if not resumed:
            self._file = file
            self._write(self.header)
        return file

    def _read(self, path: Path) -> bool:
        """Take up what the file holds; say whether there was anything."""
        if not path.exists():
            return False
        whole, end, torn = path.read_text("utf-8", errors="replace").rpartition("\n")
        lines = [line for line in whole.split("\n") if line]
        if torn and not lines and not self.header.model_dump_json().startswith(torn):
            self._take_up(path, 1, torn)  # somebody else's file: say so, and leave it alone
        for number, line in enumerate(lines, start=1):
            self._take_up(path, number, line)
        if torn:  # the run broke while it wrote this line
            os.truncate(path, len((whole + end).encode()))
        return bool(lines)

    def _take_up(self, path: Path, number: int, line: str) -> None:
        try:
            read = LINE.validate_json(line)
        except ValidationError:
            raise SettingError(
                f"{path}:{number}: not a record of an evaluation. Name another file to write to."
            ) from None
        if isinstance(read, Header) != (number == 1):
            raise SettingError(f"{path}:{number}: the header belongs on the first line.")
        if isinstance(read, Header):
            self._same_run(path, read)
        else:
            self._records[read.key] = read

    def _same_run(self, path: Path, other: Header) -> None:
        mine, theirs = self.header.model_dump(), other.model_dump()
        if different := [name for name in mine if mine[name] != theirs[name]]:
            raise SettingError(
                f"{path} holds another run (different: {', '.join(different)}). "
                "Name another file, or remove it."
            )
