"""What is stored of a person, what they choose, and how they are forgotten."""
