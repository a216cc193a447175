"""The first settings of a bot: asked for, checked, and written to `.env`."""
