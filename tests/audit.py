"""`make audit`: known vulnerabilities of the locked packages, and their licences.

Vulnerabilities are looked up by pip-audit, which has an environment of its own: the bot needs
nothing of it. It ends with 1 if something was found, and with 2 if it could not be looked up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

LOCK: Final = Path(__file__).parent.parent / "requirements.lock"
WITHIN: Final = 600.0
"""Seconds for all look-ups."""
ACCEPTED: Final = (
    "mit", "the mit license", "bsd", "0bsd", "apache", "psf", "python software foundation", "mpl",
    "mozilla public license", "isc", "zlib", "cc0",
)  # fmt: skip
"""The beginnings of the names of licences under which a package may be used with this one."""

UNREACHED: Final = (
    "The rest could not be looked up: pip-audit asks Python's index, and this machine does not "
    "reach it, or its index tells nothing of vulnerabilities."
)


def locked(lock: str) -> list[str]:
    """The names of the packages that a lock file pins."""
    return re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE)


def licence_of(name: str) -> str | None:
    """The licence of an installed package as it names it itself; None if it is not installed."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classifiers = [
        text for text in about.get_all("Classifier", []) if text.startswith("License ::")
    ]
    named = " AND ".join(text.rsplit("::", 1)[-1].strip() for text in classifiers)
    texts = [_licence_text(name, file) for file in about.get_all("License-File", [])]
    lines = "\n".join([*about.get_all("License", []), *texts]).strip().splitlines()
    expression = "".join(about.get_all("License-Expression", []))
    return expression or named or "".join(lines[:1]) or "unknown"


def _licence_text(name: str, file: str) -> str:
    """The text of a licence that a package brings; empty if it is not where it has to be."""
    return metadata.distribution(name).read_text(f"licenses/{file}") or ""


def is_accepted(licence: str) -> bool:
    """Whether each licence that holds, or one of those to choose from, is an accepted one."""
    return all(
        any(choice.strip("() ").casefold().startswith(ACCEPTED) for choice in part.split(" OR "))
        for part in licence.split(" AND ")
    )


def licences(names: list[str]) -> tuple[list[str], list[str]]:
    """The lines on licences that are not accepted, and the packages that are not installed."""
    found = {name: licence_of(name) for name in names}
    refused = [
        f"{name}: {licence}"
        for name, licence in found.items()
        if licence and not is_accepted(licence)
    ]
    return refused, [name for name, licence in found.items() if licence is None]


def vulnerabilities(report: Mapping[str, Any]) -> Iterator[str]:
    """A line for each known vulnerability in a report of pip-audit."""
    for package in report["dependencies"]:
        for known in package.get("vulns", ()):
            mended = ", ".join(known.get("fix_versions", ())) or "none yet"
            yield f"{package['name']} {package['version']}: {known['id']}; mended in: {mended}"


def unknown(report: Mapping[str, Any]) -> list[str]:
    """The packages of a report that the index could tell nothing of."""
    return [str(package["name"]) for package in report["dependencies"] if "skip_reason" in package]


def look_up(tool: Path) -> Mapping[str, Any] | None:
    """The report of pip-audit on the lock file; None if there is none."""
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    try:
        done = subprocess.run(  # noqa: S603
            [tool, "--requirement", LOCK, *options],
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        report: Mapping[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return report


def main(tool: Path) -> int:
    """Print what was found; return the status to end with."""
    names = locked(LOCK.read_text(encoding="utf-8"))
    refused, absent = licences(names)
    report = look_up(tool)
    missed = names if report is None else unknown(report)
    known = [] if report is None else [*vulnerabilities(report)]
    lines = [
        f"Licences: {len(names) - len(absent)} of {len(names)} locked packages looked at.",
        *([f"- not accepted: {line}" for line in refused] or ["All are accepted ones."]),
        *([f"Not installed on this machine: {', '.join(absent)}."] if absent else []),
        f"Vulnerabilities: {len(names) - len(missed)} of {len(names)} locked packages looked up.",
        *(f"- {line}" for line in known),
        UNREACHED if missed else "" if known else "None is known.",
    ]
    sys.stdout.write("\n".join(filter(None, lines)) + "\n")
    return 1 if refused or known else 2 if missed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
