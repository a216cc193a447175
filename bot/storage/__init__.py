"""What the bot remembers: one database, reached through one store for each kind of thing."""
