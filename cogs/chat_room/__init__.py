"""The Chat Room in Discord."""
