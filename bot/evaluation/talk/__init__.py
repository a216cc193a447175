"""Whole conversations through the whole engine: each turn's draft against its reply."""
