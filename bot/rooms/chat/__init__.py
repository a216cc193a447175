"""The Chat Room, and the way of a reply or a fixed text to it."""
