"""Speed and size, measured on real parts: the bot's own process, sockets, a real database.

``python -m tests.benchmarks`` prints a table; ``--markdown`` prints it for docs/speed.md. Only the
model is played: it answers at once, so that what is measured is the bot.
"""
