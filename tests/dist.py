"""`make test-dist`: the built wheel, installed by itself, runs the demo as a newcomer would.

It goes into an environment of its own that sees the packages of this one; the model is scripted.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path
from typing import Final

from tests.e2e.mind import Mind
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer

ROOT: Final = Path(__file__).parent.parent
WITHIN: Final = 300.0
"""Seconds for one command on a busy machine."""
SAID: Final = "I just got promoted today!"


def files_of_the_project() -> set[str]:
    """What has to be in a wheel, by its name there."""
    folders = ("bot", "cogs", "prompts")
    asked = ["git", "ls-files", "-z", *folders]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    names = {name for name in listed.stdout.split("\0") if name}
    return {f"bot/{name}" if name.startswith("prompts/") else name for name in names}


def install(wheel: Path, folder: Path) -> Path:
    """Installs the wheel alone; the folder of its programs."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run(  # noqa: S603
        [python, "-c", asked], capture_output=True, text=True, check=True
    ).stdout.strip()
    Path(site, "packages.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    subprocess.run(  # noqa: S603
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True
    )
    return programs


async def run(program: Path, folder: Path, environment: dict[str, str], *options: str) -> str:
    """Runs the installed program in an empty folder; what it wrote."""
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), WITHIN)
    said = out.decode("utf-8")
    if process.returncode:
        raise SystemExit(
            f"{program.name} {' '.join(options)} ended with {process.returncode}\n{said}"
        )
    return said


async def try_out(wheel: Path, place: Path) -> None:
    """Raises SystemExit or AssertionError where the installed program does not do its work."""
    program, empty = install(wheel, place / "venv") / "four-rooms", place / "empty"
    empty.mkdir()
    assert (await run(program, empty, {}, "--version")).startswith("four-rooms ")
    async with OpenAIServer(strict=False) as server:
        server.always(Mind().answer)
        model = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY, "MODEL": MODEL}
        told = await run(program, empty, model, "demo", "--say", SAID, "--exit")
    for expected in (SAID, "#lobby", "therapy"):
        assert expected in told, told
    sys.stdout.write(told)


def main() -> None:
    """Look at the one wheel that there is, and try it out."""
    (wheel,) = (ROOT / "dist").glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    if missing := sorted(files_of_the_project() - held):
        raise SystemExit(f"{wheel.name} lacks {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="four-rooms-dist-") as place:
        asyncio.run(try_out(wheel, Path(place)))


if __name__ == "__main__":
    main()
