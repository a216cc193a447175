"""The process that is connected to Discord."""
