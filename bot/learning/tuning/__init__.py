"""Tuning of a model for its part: rows, training on a CPU or a GPU, held-out figures, adapters.

`rows` reads what is learned from, `examples` renders it by the agent's own prompt, `command` runs
the rest in order. Only the modules that need them import torch and its kin, the extra ``tune``.
"""
