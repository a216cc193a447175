"""Probes: scores read from a model's inner state or its plain answers, by a fitted function."""
