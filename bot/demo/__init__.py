"""The demo: the bot as it runs in Discord, in the sandbox."""
