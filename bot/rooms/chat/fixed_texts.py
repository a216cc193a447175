"""The fixed texts of the Chat Room: a closed list of what no model had a hand in.

They are no replies, and may be sent without a session and in a pause.
"""

from __future__ import annotations

from typing import Final

APOLOGY: Final = "Sorry, I couldn't find a good answer to that just now. Please try me again later."
"""All that a person sees of a withheld turn."""
DELAY_TEXT: Final = "I need a little longer for my answer to this."
"""What a person reads whose reply waits for somebody."""
LIMIT_TEXT: Final = "That is all I can answer for today. I am back tomorrow, after 00:00 UTC."
"""What each person reads once a day whose message is set aside over a limit."""
