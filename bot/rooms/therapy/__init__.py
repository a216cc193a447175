"""The Therapy Room, with the session and the checks of what comes out of it."""
