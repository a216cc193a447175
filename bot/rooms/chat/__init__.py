"""The Chat Room: how a reply, or a fixed text, gets there."""
