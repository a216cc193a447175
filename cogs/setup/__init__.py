"""`/setup`."""
