"""Crises: people who may be in danger, recognised by rules and answered by fixed texts."""
