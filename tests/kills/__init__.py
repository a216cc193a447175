"""Kills of the bot at random moments of a running load, and what they leave behind."""
