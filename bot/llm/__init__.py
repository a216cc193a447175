"""Language models: the protocol that agents use, and its two implementations."""
