"""Reports for moderators: scores over time, charts, exports."""
