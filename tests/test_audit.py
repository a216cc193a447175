"""What `make audit` makes of licences, and of what pip-audit reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import audit
from tests.audit import LOCK, is_accepted, licence_of, licences, locked, unknown, vulnerabilities

REPORT = {
    "dependencies": [
        {"name": "good", "version": "1.0", "vulns": []},
        {
            "name": "bad",
            "version": "1.0",
            "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}, {"id": "PYSEC-2"}],
        },
        {"name": "unheard-of", "skip_reason": "Dependency not found on PyPI"},
    ]
}


@pytest.mark.parametrize(
    ("licence", "accepted"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("BSD License", True),
        ("GPL-3.0-only OR MIT", True),
        ("(MIT OR GPL-3.0-only) AND BSD-3-Clause", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-or-later", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("unknown", False),
    ],
)
def test_which_licences_are_accepted(licence: str, accepted: bool) -> None:
    assert is_accepted(licence) is accepted


def test_every_locked_package_has_an_accepted_licence() -> None:
    names = locked(LOCK.read_text(encoding="utf-8"))
    refused, absent = licences(names)
    assert refused == []
    assert len(absent) < len(names) / 2
    assert licence_of("no-such-package") is None


def test_a_lock_file_names_packages_and_not_hashes() -> None:
    assert locked("a-b==1.0 \\\n    --hash=sha256:00==\nc[x]==2\n# via d==1\n") == ["a-b", "c"]


def test_what_a_report_says() -> None:
    assert [*vulnerabilities(REPORT)] == [
        "bad 1.0: PYSEC-1; mended in: 1.1",
        "bad 1.0: PYSEC-2; mended in: none yet",
    ]
    assert unknown(REPORT) == ["unheard-of"]


@pytest.mark.parametrize(
    ("reported", "status", "words"),
    [
        (None, 2, "could not be looked up"),
        ({"dependencies": REPORT["dependencies"][2:]}, 2, "could not be looked up"),
        (REPORT, 1, "- bad 1.0: PYSEC-1"),
        ({"dependencies": REPORT["dependencies"][:1]}, 0, "looked up.\nNone is known.\n"),
    ],
)
def test_how_it_ends(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reported: dict[str, object] | None,
    status: int,
    words: str,
) -> None:
    monkeypatch.setattr(audit, "look_up", lambda _: reported)
    assert audit.main(Path("pip-audit")) == status
    assert words in capsys.readouterr().out


def test_without_the_tool_there_is_no_report() -> None:
    assert audit.look_up(Path("/no/such/tool")) is None
