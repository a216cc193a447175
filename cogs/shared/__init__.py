"""What several cogs share."""
