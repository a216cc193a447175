"""The Control Room in Discord."""
