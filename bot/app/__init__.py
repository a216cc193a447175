"""The composition root: opens the database, the models and the agents of a process."""
