"""The engine, which takes turns through the rooms, delivers the outbox and keeps time."""
