"""One store for each kind of thing that is kept."""
