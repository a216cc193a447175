"""The Therapy Room in Discord."""
