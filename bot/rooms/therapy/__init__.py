"""The Therapy Room: the session, and the checks of what comes out of it."""
