"""Therapy compared with other ways to get a better reply, on scenarios."""
