"""The bot's memory: one database, reached through one store for each kind of thing."""
