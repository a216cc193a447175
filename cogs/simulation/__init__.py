"""`/simulate`."""
