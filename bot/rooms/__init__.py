"""The rooms: what happens in each of them."""
