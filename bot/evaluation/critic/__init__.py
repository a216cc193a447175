"""How good a Critic is, on labelled replies."""
