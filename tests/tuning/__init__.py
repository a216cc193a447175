"""Tests that need torch and its kin, the extra `tune`: `make test-tune` runs them."""
