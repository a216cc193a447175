"""The Evaluation Room in Discord."""
