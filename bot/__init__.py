"""Four Rooms: a Discord bot whose Chatbot goes to therapy before it answers."""

__version__ = "0.1.0"
