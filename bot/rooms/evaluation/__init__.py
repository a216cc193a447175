"""The Evaluation Room: scores, ratings and cards."""
