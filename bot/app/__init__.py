"""The composition root, which opens the database, the models and the agents of a process."""
