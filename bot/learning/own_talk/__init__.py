"""The Chatbot's own drafts in everyday talk: drawn from the model, read and labelled."""
