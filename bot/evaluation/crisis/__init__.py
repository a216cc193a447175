"""How well the rules find people in danger, on labelled messages."""
