"""The engine: takes turns through the rooms, delivers the outbox, keeps time."""
