"""The quality of a Critic, on labelled replies."""
