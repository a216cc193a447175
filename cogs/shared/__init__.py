"""The things that several cogs share."""
