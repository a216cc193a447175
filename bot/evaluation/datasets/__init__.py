"""The data sets of an evaluation."""
