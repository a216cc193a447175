"""What every test has: logs that go to the test's report, as plain lines."""

from bot.logs import set_up_logging

set_up_logging("INFO", "console")
