"""People's privacy in Discord."""
