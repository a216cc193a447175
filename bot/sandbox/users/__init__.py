"""People to act as: what they see, and what they can do."""
