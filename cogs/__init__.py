"""The bot in Discord: commands and listeners, thin, between Discord and the engine."""
