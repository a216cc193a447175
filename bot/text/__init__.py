"""Text made safe: for Discord, and for prompts."""
