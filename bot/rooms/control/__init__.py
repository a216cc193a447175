"""The Control Room: what moderators do."""
