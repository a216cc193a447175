"""The working alliance of a session, measured."""
