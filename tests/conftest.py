"""What every test has: logs that go to the test's report, as plain lines, and no stop-watch."""

from hypothesis import settings

from bot.logs import set_up_logging

set_up_logging("INFO", "console")

# A busy machine is slow, and slow is not wrong: speed is measured by `make bench`.
settings.register_profile("four-rooms", deadline=None)
settings.load_profile("four-rooms")
