"""The four rooms, and the record that they have in common."""
