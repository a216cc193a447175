"""The Control Room, with all that moderators do."""
