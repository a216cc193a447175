"""Whole conversations with an AI User, through the very engine that serves Discord."""
