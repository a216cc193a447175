"""Prompt files: templates, and the personas of Chatbot and AI User."""
