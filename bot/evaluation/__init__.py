"""Evaluations: conditions on scenarios, scored blind, and Critics on labelled replies."""
