"""Does the therapy work? Conditions on scenarios, scored blind; and how good the Critic is."""
