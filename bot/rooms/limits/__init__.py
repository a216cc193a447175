"""Limits and cooldowns: what a day may take, whose turn has to wait, and who is told."""
