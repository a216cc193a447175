"""Four Rooms: a Discord bot whose Chatbot goes to therapy before it answers."""

from pathlib import Path
from typing import Final

PACKAGED_PROMPTS: Final = Path(__file__).with_name("prompts")
"""Where the prompts are once a package was built; in the project's folder they stand beside it."""

__version__ = "0.1.0"
