"""Statistics: intervals, agreement, classification."""
