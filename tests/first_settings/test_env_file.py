"""The file `.env` with values set anew."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.errors import SettingError
from bot.first_settings.env_file import merge_values, put_in_place, staged_env_file


def test_what_is_there_stays_where_it_stands() -> None:
    before = "# Mine\nMODEL=old\nLOG_LEVEL=DEBUG\n# MODEL=\n"
    assert merge_values(before, {"MODEL": "new", "DISCORD_TOKEN": "abc", "OPENAI_API_KEY": ""}) == (
        "# Mine\nMODEL=new\nLOG_LEVEL=DEBUG\n# MODEL=\nDISCORD_TOKEN=abc\n"
    )


VALUES = [
    "MTA.x-y_z",
    "sk-a/b+c=",
    "has#hash",
    'has"quote',
    "http://[::1]:8080/v1",
    "owner/model:7b",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_read_as_it_was_given(tmp_path: Path, value: str) -> None:
    (tmp_path / "env").write_text(merge_values("", {"MODEL": value}))
    assert dotenv_values(tmp_path / "env") == {"MODEL": value}


@pytest.mark.parametrize("value", ["it's", "a\nb", "back\\slash", "${HOME}"])
def test_what_no_quotes_would_keep_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(SettingError) as refused:
        merge_values("", {"OPENAI_API_KEY": value})
    assert refused.value.detail == "OPENAI_API_KEY: it holds characters that .env cannot hold."


def test_the_file_is_for_its_owner_alone_and_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("MODEL=old\n")
    file.chmod(0o644)
    with staged_env_file(file, {"MODEL": "new"}):
        assert file.read_text() == "MODEL=old\n"
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
    with staged_env_file(file, {"MODEL": "new"}) as staged:
        put_in_place(staged, file)
    assert file.read_text() == "MODEL=new\n"
    assert stat.filemode(file.stat().st_mode) == "-rw-------"
    with pytest.raises(SettingError), staged_env_file(Path("/proc/none/.env"), {}):
        pass
